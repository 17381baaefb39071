"""A return as a file: the template, the upload and its preview."""
