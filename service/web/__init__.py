"""Everything over HTTP: who may in, what a request may cost, and the service's own parts of the API."""
