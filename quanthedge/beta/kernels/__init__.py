"""Compiled passes of the estimators, one file a subject."""
