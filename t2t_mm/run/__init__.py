"""What a run is on disk: folder, checkpoints, tasks. Trains nothing and decodes nothing."""
