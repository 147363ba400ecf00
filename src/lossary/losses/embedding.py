"""Losses of vectors."""
