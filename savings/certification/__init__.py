"""A return's way from draft to certified."""
