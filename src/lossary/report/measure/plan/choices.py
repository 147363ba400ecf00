"""Values of options that the command line lists, too."""

METHODS = ("normal", "bootstrap", "none")
"""Methods of confidence intervals."""
EVERY = ("day", "week", "month")
"""Lengths of periods of time."""
ENGINES = ("threads", "processes", "ray")
"""Kinds of workers."""
