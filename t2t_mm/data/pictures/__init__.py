"""Pictures: as they are stored, and as a net reads them."""
