"""Problems become records on disk, and records become batches."""
