"""Training on TensorFlow: tape, graphs, Adam's own operation, updates beside the forward pass."""
