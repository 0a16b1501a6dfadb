"""Symbols of texts and names of classes: to ids and back, and on disk."""
