"""Transition budgets that every council has to agree, and what is claimed on them."""
