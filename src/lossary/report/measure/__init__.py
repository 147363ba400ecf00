"""Turn batches into mergeable summaries, and summaries into results."""
