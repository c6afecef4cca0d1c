"""The link to Asterisk's manager interface, and all that shows the floor to people and software: boards, publishers, API."""
