"""Break losses down by group, time, run and slice."""
