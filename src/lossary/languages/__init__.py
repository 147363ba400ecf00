"""What a formula can be written out in: array code (NumPy, torch, JAX), JavaScript, SQL and LaTeX."""
