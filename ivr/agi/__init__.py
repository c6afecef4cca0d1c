"""FastAGI: `wire.py` is the bytes, `server.py` the connections, `caller.py` the caller's port spoken over one of them."""
