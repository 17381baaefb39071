"""Who shares a service, and who hosts it: councils join, leave and become host."""
