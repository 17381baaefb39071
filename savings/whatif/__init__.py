"""What another rule or driver value would have done: worked out and shown, never stored."""
