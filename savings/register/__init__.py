"""The register of drivers as pages."""
