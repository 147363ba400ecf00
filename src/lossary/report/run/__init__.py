"""Compute summaries in threads, processes and clusters."""
