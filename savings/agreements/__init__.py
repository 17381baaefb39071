"""What councils are asked to agree to: proposals, answers, and who is waiting for whom."""
