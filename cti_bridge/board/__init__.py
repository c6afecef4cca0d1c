"""The floor as people see it now: `board.py` says what changed, `views.py` in which shape, `live.py` to every watcher."""
