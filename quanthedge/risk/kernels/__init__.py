"""Compiled loops of the risk model: plain arrays in and out."""
