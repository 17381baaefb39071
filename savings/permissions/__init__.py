"""Who may do what, and who a page is shown to."""
