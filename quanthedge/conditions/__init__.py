"""Conditions of the whole market, one number a day: for allocation, never across stocks."""

from quanthedge.conditions.macro import indicators, macro

__all__ = ["indicators", "macro"]
