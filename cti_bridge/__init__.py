"""The link to Asterisk's manager interface, and all that shows the floor to people and software: boards, publishers, API.

`bridge.py` puts it together, in the order of a start. Asterisk is heard and spoken to in `ami/`. What the engine answers is
shown by `board/`, told by `publishing/` and `api/`, and what must outlive the service is in `kept/`.
"""
