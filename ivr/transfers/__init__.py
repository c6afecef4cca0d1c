"""Callers who are sent on: `going_on.py` where an agent dialled (`transfer.py`), `handing_on.py` to somebody who is rung.

`consulting.py` is an agent who asks a number outside first.
"""
