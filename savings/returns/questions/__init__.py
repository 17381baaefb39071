"""Questions about the lines of a return."""
