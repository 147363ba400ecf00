"""Losses of times until an event."""
