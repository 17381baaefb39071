"""A council's own figures: what falls on it, quarter by quarter, ready to take away."""
