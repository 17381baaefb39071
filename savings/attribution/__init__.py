"""Why an entry falls on the councils as it does, and which entries a figure adds up."""
