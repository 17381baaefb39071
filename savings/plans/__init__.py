"""What was promised: plans and their lines."""
