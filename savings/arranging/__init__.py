"""Arranging the tree of services: one is added, renamed, moved, or gets another state."""
