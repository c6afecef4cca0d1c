"""Prompts: `making.py` has them ready for Asterisk, recorded or by the draft `voice.py`; `spoken_values.py` speaks values."""
