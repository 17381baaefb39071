"""Dividing what lies undivided in closed quarters: what there is, by which rules, since when."""
