"""What is asked on a line of a return."""
