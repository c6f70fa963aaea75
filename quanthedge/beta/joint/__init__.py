"""Compiled regressions on several regressors at once."""
