"""`switchboard doctor`: what is reachable and right, and how to mend what is not."""
