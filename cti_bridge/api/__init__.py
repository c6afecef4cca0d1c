"""The REST and WebSocket API under `/api/v1`, and what tells of the service's health. Start at `routes.py`."""
