"""A trained model over a whole split, and its scores."""
