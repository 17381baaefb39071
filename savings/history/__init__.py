"""How a figure came about and how it stood on a date."""
