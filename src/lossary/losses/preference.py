"""Losses of log-probabilities of sequences, of which one is preferred."""
