"""Slow references, written from definitions and not from the code."""
