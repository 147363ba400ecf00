"""The loss of the raw score that a trainer adds up: its value, slope and curvature, and the score to begin at."""
