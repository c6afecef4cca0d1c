"""Recordings as files: where they lie, what lies beside them, how they are written whole, and their sound."""
