"""Setting up a partnership: whose it is, and the steps from an empty database to a first return."""
