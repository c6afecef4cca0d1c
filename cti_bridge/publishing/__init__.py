"""What goes out by itself: `publisher.py` reads the engine's feed for MQTT and whoever else; and Prometheus' metrics."""
