"""The nets behind the feature specs: from examples to `float[B, L, D]` and back."""
