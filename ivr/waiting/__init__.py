"""A caller in line: `queueing.py` is one line from joining to the end of the talk, `lines.py` all that a caller stands in."""
