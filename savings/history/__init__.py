"""What was done to a return, and what it said on a date."""
