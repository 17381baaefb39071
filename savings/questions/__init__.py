"""Questions asked on a line of a return, and their answers."""
