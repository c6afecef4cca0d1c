"""Wiring: settings, the one place where the rooms meet, the `switchboard` command. No logic."""
