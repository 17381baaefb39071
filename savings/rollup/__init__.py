"""What was delivered, added up: facts, totals, and how they are kept current."""
