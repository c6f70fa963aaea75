"""Compiled loops of the room."""
