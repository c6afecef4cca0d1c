"""Recordings: which calls are recorded, their tags, the catalogue, the sample for inspection, the player's API."""
