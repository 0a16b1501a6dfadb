"""Experts in slices on devices of their own, by Mesh TensorFlow: an island, for experts only."""
