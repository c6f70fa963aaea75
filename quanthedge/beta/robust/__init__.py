"""Robust regressions, compiled."""
