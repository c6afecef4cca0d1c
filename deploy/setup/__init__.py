"""Prepares a machine and a checkout, on the bare system Python: `python3 -m deploy.setup GOAL`."""
