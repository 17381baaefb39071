"""The register of drivers: what is counted for each council, its history, and true-ups."""
