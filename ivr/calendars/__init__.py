"""Calendars: `hours.py` says when one is open, `form.py` what its file may say, `switches.py` how people close it by hand."""
