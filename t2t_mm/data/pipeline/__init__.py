"""Records into batches, and which problem feeds a step."""
