"""An installation: Asterisk, Redis and Mosquitto in containers, their configuration, and SIP phones to try it with."""
