"""Which problem feeds the next batch: rates, schedules and draws; needs nothing but NumPy."""
