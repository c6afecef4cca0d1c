"""The routing engine: who waits, who may serve, who is offered what, and why.

No sockets, no clocks, no randomness in here: time is passed in, and everything that happens is an event that comes out.
Start reading at `requests/` and `events/` (the words), then `engine.py` (the one door), then `rules/` (what follows from a
request) and `matching.py` (who gets whom, the ten minutes' read: beside it `claims.py`, `line.py`, `skills.py` and `ranking.py`
say who stands first). A rule first makes sure that the request is legal (raising changes nothing), then lets events happen
through `turn.py`, which writes each to the floor at once (`evolving/`), so that what follows sees it.

`plans/` is what queues are configured to do, `waits/` says how long a caller will wait, `explaining/` puts decisions into
words, `simulation/` lives a day in a second.
"""
