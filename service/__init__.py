"""Wiring: settings, the one place where the rooms meet, the `switchboard` command, and what they need. No routing, no wires.

Begin at `wiring.py`: who is handed what, and in which order they start and stop. What the files in config/ may say is in
`centre/`, all of it is read by `reading.py` and taken anew by `reload.py`; what stands between two rooms is a module of its own
(`callbacks.py`, `dialling.py`, `lookups.py`, `messages.py`).
"""
