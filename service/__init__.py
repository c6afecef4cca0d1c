"""Wiring: settings, the one place where the rooms meet, the `switchboard` command, and what they need. No routing, no wires."""
