"""What another rule, or another driver value, would have done: worked out, shown, never stored."""
