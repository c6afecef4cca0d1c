"""How long a caller will wait: `pace.py` learns from events, `forecast.py` reckons, `expected_wait.py` makes an honest range."""
