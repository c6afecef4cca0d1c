"""What a queue's plan says: its steps (`plan.py`), whom its `door.py` lets in, how callers are offered, how agents finish up."""
