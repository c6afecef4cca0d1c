"""Decisions in words, in each language: why a caller waits (`explain.py`), why one was not let in (`door.py`)."""
