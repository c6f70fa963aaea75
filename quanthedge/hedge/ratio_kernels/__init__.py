"""Compiled code of the hedge ratios."""
