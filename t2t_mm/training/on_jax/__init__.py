"""Training on JAX: a program for each signature and shape, with donated state."""
