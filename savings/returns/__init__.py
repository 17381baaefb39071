"""What is reported: periods, quarterly returns and their entries."""
