"""Sparsely gated mixtures of experts: who is chosen, and what keeps all in use."""
