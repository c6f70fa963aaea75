"""State space filters of beta, compiled."""
