"""Results shown in a terminal, on a page and as JSON."""
