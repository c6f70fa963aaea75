"""A folder of runs with a catalogue: each run once, found by what it is."""

__all__: list[str] = []
