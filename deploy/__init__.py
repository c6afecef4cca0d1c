"""An installation: Asterisk, Redis and Mosquitto in containers, their configuration, and SIP phones to try it with.

Begin at `sites.py` (one installation's names, ports and folders), `configuration.py` (what is laid out for it) and `stack.py`
(what is started). `setup.py` prepares the machine; `phones.py` and `callers.py` are the people at the telephones.
"""
