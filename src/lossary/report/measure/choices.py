"""What may be chosen, where the command line needs to know it before anything is read."""

METHODS = ("normal", "bootstrap", "none")
"""How a confidence interval is made."""
ENGINES = ("threads", "processes", "ray")
"""What workers are."""
