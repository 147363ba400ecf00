"""Definitions as data: expressions, words, derivatives, stable forms, domains and all languages."""
