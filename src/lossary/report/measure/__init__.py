"""Batches made into mergeable summaries, and summaries into results."""
