"""Who may do what, and who can see a page."""
