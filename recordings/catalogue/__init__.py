"""The catalogue: every recording and its tags, kept in SQL, and how it is searched."""
