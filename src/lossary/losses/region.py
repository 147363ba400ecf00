"""Losses of regions."""
