"""What flow commands need beside the flows themselves: files of tests, the terminal, a day's counts."""
