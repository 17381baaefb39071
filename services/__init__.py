"""Who shares what: the service tree, who takes part in it when, and who hosts."""
