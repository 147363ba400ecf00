"""Linear models of any loss: the search for the coefficients of the lowest cost."""
