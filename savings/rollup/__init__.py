"""What was delivered, added up: facts and totals, and how they are kept up to date."""
