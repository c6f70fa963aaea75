"""What the compiler has to say, once a process."""

import logging

__all__ = ["tell"]

_told: set[str] = set()


def tell(sentence: str) -> None:
    """Say once a process why it compiles."""
    if sentence not in _told:
        logging.getLogger("quanthedge").warning(sentence)
    _told.add(sentence)
