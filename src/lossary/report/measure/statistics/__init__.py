"""Sums, samples and intervals of numbers, whatever the numbers are."""
