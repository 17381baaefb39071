"""The register of drivers: what is counted for each council, its values and restatements."""
