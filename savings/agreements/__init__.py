"""What councils agree on, or do not: proposals, answers, and who waits for whom."""
