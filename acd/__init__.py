"""The routing engine: who waits, who may serve, who is offered what, and why.

No sockets, no clocks, no randomness in here: time is passed in, and everything that happens is an event that comes out.
Start reading at `requests.py` and `events.py` (the words), then `engine.py` (the one door), then what follows from a request
(`caller_rules.py`, `offer_rules.py`, `agent_rules.py`) and who gets whom (`matching.py`). A rule first makes sure that the
request is legal (raising changes nothing), then lets events happen through `turn.py`, which writes each to the floor at once,
so that what follows sees it.
"""
