"""Pairs of stock and index returns, compiled."""
