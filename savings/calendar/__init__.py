"""The calendar of quarters: opened, due, closed, reopened, and who is reminded."""
