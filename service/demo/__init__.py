"""The demo of `make run`: an installation on this machine, agents' phones, callers, and its screen."""
