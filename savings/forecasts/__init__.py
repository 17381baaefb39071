"""What each initiative is expected to bring this year, and whether it is on track."""
