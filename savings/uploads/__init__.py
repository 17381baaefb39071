"""A return as a file: the template, the upload, its preview."""
