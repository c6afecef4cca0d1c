"""The centre's configuration files: what they may say, checked with file, line and column."""
