"""Parse trees: brackets in files, and symbols in a line."""
