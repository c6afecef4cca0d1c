"""Days to simulate: drawn from a day file, or read back from records."""
