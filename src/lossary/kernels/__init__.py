"""Fused loops: value and gradient in one pass over the data, without temporaries.

Kernels know formulas and memory, nothing of losses. Importing this package imports nothing heavy.
"""
