"""A record in the shapes of other packages, and what of theirs agrees with it."""

__all__: list[str] = []
