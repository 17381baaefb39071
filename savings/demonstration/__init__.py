"""The demonstration: people to sign in as, and illustrative rules and drafts to look at."""
