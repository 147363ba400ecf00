"""Losses of distributions predicted."""
