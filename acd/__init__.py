"""The routing engine: who waits, who may serve, who is offered what, and why.

No sockets, no clocks, no randomness in here: time is passed in, and everything that happens is an event that comes out.
Start reading at `messages.py` (the words), then `engine.py` (the one door), then `rules.py` (what is decided).
"""
