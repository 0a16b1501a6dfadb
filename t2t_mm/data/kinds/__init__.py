"""Kinds of features: all that the engine must know of each beside its net, one object a kind."""
