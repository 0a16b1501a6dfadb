"""Inference: inputs of data sets, files and people through a trained run."""
