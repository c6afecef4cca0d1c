"""What a session does with its caller for one step, top to bottom each: say and ask (`telling.py`), take a message, a fax."""
