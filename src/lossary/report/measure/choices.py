"""Values of options that the command line lists, too."""

METHODS = ("normal", "bootstrap", "none")
"""Methods of confidence intervals."""
ENGINES = ("threads", "processes", "ray")
"""Kinds of workers."""
