"""Everything that a score of one model is made of."""
