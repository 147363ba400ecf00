"""Formulas written out as array code (NumPy, torch, JAX), Numba, JavaScript, SQL and LaTeX."""
