"""What was promised, what is reported, what was delivered, whose it is, how it is shown."""
