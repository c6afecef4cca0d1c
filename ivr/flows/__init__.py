"""Flows as data: `flow.py` goes through one step by step, `form.py` reads it, `checks.py` refuses what is unfit for callers."""
