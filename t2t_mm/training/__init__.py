"""Training: batches to updates, with checkpoints from which a killed run goes on bit for bit."""
