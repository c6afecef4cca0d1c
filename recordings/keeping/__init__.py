"""What becomes of a recording: finished, found again after a crash, kept for its time, with room on the disk for the next."""
