"""Losses of boxes."""
