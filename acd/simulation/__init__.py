"""A day on virtual time through the very same engine: `simulate.py` lives it, `figures.py` says what came of it."""
