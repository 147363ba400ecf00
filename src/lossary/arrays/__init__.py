"""NumPy, torch and JAX behind one small protocol: array operations, and formulas evaluated on arrays."""
