"""Putting right what was shared out by a value that was restated: by adjusting entries."""
