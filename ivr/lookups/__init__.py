"""Asking other systems: `port.py` is what is asked, `answers.py` what is taken from an answer, `breaker.py` when not to ask."""
