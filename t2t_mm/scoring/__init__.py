"""Numbers from decoded and true outputs: pure functions, no TensorFlow."""
