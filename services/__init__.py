"""Who shares what: the service tree, who takes part when, and who hosts."""
