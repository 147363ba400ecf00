"""Losses of ranked items."""
