"""Conditions of the whole market, one number a day: for allocation, never across stocks."""

from quanthedge.conditions.macro import macro

__all__ = ["macro"]
