"""Callers: flows as data, the caller's session, the FastAGI wire. Begin at `session.py`: one caller, top to bottom."""
