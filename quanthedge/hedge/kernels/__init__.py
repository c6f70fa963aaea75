"""Compiled arithmetic of the hedge: lots, ratios, errors that a policy tolerates."""
