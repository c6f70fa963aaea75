"""Compiled code that follows hedge ratios by a rebalancing policy."""
