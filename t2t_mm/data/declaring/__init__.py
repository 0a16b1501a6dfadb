"""What a problem is, and what it may do with examples that cannot be read."""
