"""Reusable Keras layers of the MultiModel body, written in `keras.ops`."""
