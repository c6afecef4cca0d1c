"""Recordings: which calls are recorded, their tags, the catalogue, the sample for inspection, the player's API.

Begin at `tape.py`, where a live call gets the name of its file, and go on with `keeper.py`, which hears what becomes of the call,
`finisher.py`, which makes a finished recording of the file, and `catalogue.py`. Messages and faxes come in by `voicemail.py` and
`faxes.py`; `sweeper.py` and `retention.py` look after what was left behind and what is too old.
"""
