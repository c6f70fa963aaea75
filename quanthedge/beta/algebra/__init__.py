"""Small linear algebra, compiled."""
