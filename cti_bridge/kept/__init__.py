"""What outlives the service, in Redis over `link.py`: agents, callbacks, whom customers talked with, and every event."""
