"""The caller's place in line on their own channel: `ticket.py` makes and reads it, `carried.py` puts it there and takes it up."""
