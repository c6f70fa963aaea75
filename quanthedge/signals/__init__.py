"""Scores and target weights of a researcher's own, from frames and files."""
