"""Who shares a service, and who hosts it: councils join, leave and take it over."""
