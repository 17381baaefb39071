"""Putting right what was split by a value that was restated, with adjusting entries."""
