"""Text files, locks, atomic writes: what any room needs of a disk."""
