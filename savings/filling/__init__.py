"""How a return is filled: the grid, what is pasted, two versions side by side."""
