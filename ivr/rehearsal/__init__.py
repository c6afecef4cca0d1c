"""Flows rehearsed before they meet a caller: no wire, no sound, no clock. Start at `walk.py`, then `rehearse.py`."""
