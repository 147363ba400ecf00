"""Summaries computed by threads, processes and clusters."""
