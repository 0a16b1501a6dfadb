"""Searching for outputs: greedily, by beams or by samples, freely or under rules."""
