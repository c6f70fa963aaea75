"""A token that shows itself nowhere: not in messages, logs, files or representations."""

import os
from collections.abc import Callable
from pathlib import Path

from quanthedge.errors import DataError

__all__ = ["Token"]


class Token:
    """A vendor's access token.

    >>> Token("0123456789abcdef")
    Token(hidden)
    >>> Token("0123456789abcdef").hidden_in("wrong token 0123456789abcdef")
    'wrong token (hidden)'
    """

    __slots__ = ("_reveal",)

    def __init__(self, text: str) -> None:
        word = text.strip()
        if not (8 <= len(word) <= 512 and word.isascii() and word.isprintable()) or " " in word:
            raise DataError(
                "the token is no token (it is not shown); accepted: one word of 8 to 512 letters "
                "and digits, as the vendor's site gives it"
            )

        def reveal() -> str:
            return word

        self._reveal: Callable[[], str] = reveal

    @classmethod
    def from_environment(cls, name: str) -> "Token":
        """Return the token in an environment variable."""
        text = os.environ.get(name, "")
        if not text.strip():
            raise DataError(
                f"the environment variable {name} is not set; put your token into it (export "
                f"{name}=...), or name another one with --token-env, or a file with --token-file"
            )
        return cls(text)

    @classmethod
    def from_file(cls, path: Path) -> "Token":
        """Return the token in the first line of a file."""
        try:
            lines = path.read_text(encoding="utf-8").split("\n", 1)
        except (OSError, UnicodeDecodeError):
            lines = []
        if not lines:
            raise DataError(f"{path}: cannot be read as a text file with a token in its first line")
        return cls(lines[0])

    def reveal(self) -> str:
        """Return the token itself, for the request's body only."""
        return self._reveal()

    def hidden_in(self, text: str) -> str:
        """Return a text without the token."""
        return text.replace(self._reveal(), "(hidden)")

    def __repr__(self) -> str:
        return "Token(hidden)"

    def __reduce__(self) -> "str | tuple[object, ...]":
        raise TypeError("a token is not written to files")
