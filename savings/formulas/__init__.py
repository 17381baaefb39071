"""What splits what is reported: rules, and the arithmetic."""
