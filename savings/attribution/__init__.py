"""Whose a figure is: drivers, the rules that councils agreed, and the arithmetic."""
