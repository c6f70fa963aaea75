"""Conditions of the whole market, one number a day: for allocation, never across stocks."""
