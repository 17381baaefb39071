"""What was promised beside what was delivered."""
