"""Sparsely gated mixtures of experts: who is chosen, what keeps all in use, and where they lie."""
