"""What is dialled outside: `policy.py` says which numbers may be, `watch.py` that a dial is over which nobody told us of."""
