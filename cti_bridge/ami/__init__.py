"""Asterisk's manager interface: `wire.py` and `protocol.py` are the connection, `words.py` its sense, `node.py` one Asterisk."""
