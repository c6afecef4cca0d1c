"""What is spoken to callers and agents, and by which voice."""
