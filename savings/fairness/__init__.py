"""Fairness: who gains, who pays, since when, and whether it is always the same council."""
