"""Problems onto disk."""
