"""Names of people, products and variants made into names of files: distinct names, distinct files.

What a text may hold (slashes, dots, letters of any script, 300 of them) a file's name may not; and
systems differ in whether "Li" and "li" are one file. A name that no system reads otherwise is kept
as it is; any other one is made plain and ends in a digest of the whole text.
"""

import hashlib
import re
import unicodedata
from collections.abc import Collection, Iterable

__all__ = ["file_name", "file_names"]

# Latin letters, digits, CJK letters (with extension A), "-" and "_"; no dot: no ending, no "..".
_LETTERS = "A-Za-z0-9_\u3400-\u4dbf\u4e00-\u9fff"
_FOREIGN = re.compile(rf"[^{_LETTERS}-]+")
_PLAIN = re.compile(rf"[{_LETTERS}][{_LETTERS}-]*")
_DIGESTED = re.compile(r".*-[0-9a-f]{10,}")
_DEVICES = re.compile(r"con|prn|aux|nul|conin|conout|com\d|lpt\d", re.ASCII)
_LONGEST = 40  # letters of the readable part: a CJK letter takes three bytes of the 255 of a name
_DIGEST = 10


def file_name(text: str, taken: Collection[str] = ()) -> str:
    """Return a file's name (without ending) for a text; two texts never share one.

    Parameters
    ----------
    text
        Name of a client, product, variant ...
    taken
        Names of files that other texts have already; compared without regard to case.

    Returns
    -------
    str
        `text` itself when it is lower-case letters (Latin or CJK), digits, "-" and "_", at most 40,
        and no device of Windows. Otherwise its readable part, "-" and ten digits of its SHA-256
        (more of them when that name is taken).

    Examples
    --------
    >>> file_name("levered"), file_name("稳健一号")
    ('levered', '稳健一号')
    >>> file_name("Li Wei"), file_name("Li_Wei")
    ('Li_Wei-7cf28ed49d', 'Li_Wei-b472b753a7')
    """
    used = {name.casefold() for name in taken}
    if _is_its_own(text) and text not in used:
        return text
    digest = hashlib.sha256(text.encode("utf-8", "surrogatepass")).hexdigest()
    stem = _FOREIGN.sub("_", unicodedata.normalize("NFC", text))[:_LONGEST].strip("-_") or "name"
    for length in range(_DIGEST, len(digest) + 1):
        name = f"{stem}-{digest[:length]}"
        if name.casefold() not in used:
            return name
    return f"{stem}-{digest}-{len(used)}"


def file_names(texts: Iterable[str]) -> dict[str, str]:
    """Return a file's name for each of several texts; no two of them share one."""
    names: dict[str, str] = {}
    for text in texts:
        if text not in names:
            names[text] = file_name(text, names.values())
    return names


def _is_its_own(text: str) -> bool:
    """Whether a text is a file's name that every system reads alike and that no digest ends."""
    return (
        len(text) <= _LONGEST
        and _PLAIN.fullmatch(text) is not None
        and text == text.casefold()
        and text == unicodedata.normalize("NFC", text)
        and _DIGESTED.fullmatch(text) is None
        and _DEVICES.fullmatch(text) is None
    )
