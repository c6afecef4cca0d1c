"""What the service works by: read and checked as a whole, in force, and changed by a reload."""
