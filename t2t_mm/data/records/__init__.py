"""Examples on disk: how they are encoded, what they depend on, whether they may be used."""
