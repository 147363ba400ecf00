"""Losses of counts and of positive numbers."""
