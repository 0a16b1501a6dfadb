"""A page to play with: a trained run asked by text, pictures and sounds in a browser."""
