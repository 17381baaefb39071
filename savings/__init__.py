"""What was promised, reported and delivered, which councils it falls on, and how it is shown."""
