"""Which runs of a sweep to believe."""

__all__: list[str] = []
