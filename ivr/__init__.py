"""Callers: flows as data, the caller's session, the FastAGI wire. Begin at `session.py`: one caller, top to bottom.

Three kinds of channel come in by `reception.py`: callers (`session.py`), agents who carry a callback out (`calling_back.py`)
and agents who dial a code (`phone_codes.py`). All of them speak to Asterisk through one port (`caller.py`), and work with
what the wiring hands them (`house.py`). What the session carries out is in the folders: `talks/`, `waiting/`, `transfers/`.
Where it goes is said by `flows/`, whose steps are in `steps/`, and which `rehearsal/` tries without a caller.
"""
