"""Transition budgets: what councils agreed to spend on becoming one service."""
