"""Compiled operators: plain arrays in and out."""
