"""Regressions on down days, compiled."""
