"""Append-only events: who did what to which record, before and after, and why."""
