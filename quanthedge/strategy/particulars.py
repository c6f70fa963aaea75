"""The particulars of a fund as its papers print them: people, terms of dealing, logo, comments.

They say who answers for the fund and change no figure of a run. What is not given is not printed,
and nothing is made up in its place. Files that a strategy or product file names, a logo or comments
in Markdown, are read when that file is read: a run folder keeps what they held.
"""

import base64
import binascii
import re
from collections.abc import Mapping
from datetime import date
from pathlib import Path
from typing import Annotated, Any, Literal, Self

from pydantic import ConfigDict, Field, field_validator, model_validator

from quanthedge.documents import Document, printable, read_bytes
from quanthedge.errors import StrategyError
from quanthedge.plain import Plain, Told

__all__ = ["COMMENTS", "Comment", "Logo", "Particulars", "read_particulars", "with_files"]

COMMENTS = ("market_review", "operation", "outlook")
_COMMENT_KEYS = frozenset({*COMMENTS, *(f"{name}_zh" for name in COMMENTS)})
_LOGOS = (".png", ".jpg", ".jpeg", ".svg")
_LARGEST_LOGO = 300_000  # bytes
_LARGEST_COMMENT = 80_000
_LINE = 3_000  # letters of a line of base64
_TAG = re.compile(r"</?[A-Za-z!][^>]*>")
_IMAGE = re.compile(r"!\[[^\]]*\]\(")

_Text = Annotated[str, Field(max_length=400)]


class Comment(Plain):
    """A comment of the manager, in Markdown: paragraphs, lists, **bold**, *stressed*."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    file: str = Field(default="", description="Markdown file that it was read from.")
    description: str = Field(default="", description="The text itself.")

    @model_validator(mode="before")
    @classmethod
    def _text_alone(cls, value: Any) -> Any:
        return {"description": value} if isinstance(value, str) else value

    @model_validator(mode="after")
    def _said(self) -> Self:
        if not self.description.strip():
            raise ValueError(f"{self.file or 'comment'}: holds no text; leave the key out")
        found = _TAG.search(self.description) or _IMAGE.search(self.description)
        if found:
            raise ValueError(
                f"{self.file or 'comment'}: {found.group(0)!r}: accepted is Markdown of "
                "paragraphs, lists, **bold** and *stressed*, no HTML and no pictures"
            )
        return self


class Logo(Plain):
    """A picture at the head of a paper: PNG, JPEG or SVG, up to 300,000 bytes."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    file: str = Field(min_length=1, description="Name of the file, with its ending.")
    base64: tuple[str, ...] = Field(description="The file's bytes in base64, in lines.")

    @model_validator(mode="after")
    def _picture(self) -> Self:
        data = self.content
        kind = Path(self.file).suffix.lower()
        begins = {
            ".png": data[:8] == b"\x89PNG\r\n\x1a\n",
            ".jpg": data[:3] == b"\xff\xd8\xff",
            ".jpeg": data[:3] == b"\xff\xd8\xff",
            ".svg": b"<svg" in data[:2_000].lower(),
        }
        if kind not in begins:
            raise ValueError(f"logo {self.file}: accepted: {', '.join(_LOGOS)}")
        if not begins[kind]:
            raise ValueError(f"logo {self.file}: holds no picture of that kind")
        if len(data) > _LARGEST_LOGO:
            raise ValueError(f"logo {self.file}: larger than {_LARGEST_LOGO:,} bytes")
        return self

    @property
    def content(self) -> bytes:
        """The file's bytes."""
        try:
            return base64.b64decode("".join(self.base64), validate=True)
        except binascii.Error as error:
            raise ValueError(f"logo {self.file}: its base64 cannot be read ({error})") from error

    @property
    def media_type(self) -> str:
        """What a browser calls it."""
        kind = Path(self.file).suffix.lower().removeprefix(".")
        return {"svg": "image/svg+xml", "jpg": "image/jpeg"}.get(kind, f"image/{kind}")


class Particulars(Told):
    """Who runs and keeps the fund, how it deals, and what the manager says of the period.

    Section ``[product]`` of a strategy. Every text has a Chinese twin ``..._zh`` for the Chinese
    papers; of people and terms both languages print what is given in one of them only.

    Examples
    --------
    >>> product = Particulars(name="Steady One", manager_zh="稳健基金", warning_line=0.85)
    >>> product.text("manager", "zh"), product.text("custodian", "zh")
    ('稳健基金', '')
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    name: str = Field(default="", description="Name of the fund as registered.")
    name_zh: str = Field(default="", description="The same in Chinese.")
    code: str = Field(default="", max_length=40, description="Code of the fund, as registered.")
    manager: _Text = Field(default="", description="Company that manages the fund.")
    manager_zh: _Text = Field(default="", description="The same in Chinese.")
    portfolio_manager: _Text = Field(default="", description="Person who runs the portfolio.")
    portfolio_manager_zh: _Text = Field(default="", description="The same in Chinese.")
    custodian: _Text = Field(default="", description="Bank or broker that keeps the assets.")
    custodian_zh: _Text = Field(default="", description="The same in Chinese.")
    administrator: _Text = Field(
        default="", description="Company that keeps accounts and registers units."
    )
    administrator_zh: _Text = Field(default="", description="The same in Chinese.")
    established: date | None = Field(default=None, description="Day on which the fund was set up.")
    risk_level: Literal["R1", "R2", "R3", "R4", "R5"] | None = Field(
        default=None, description="Risk level by the Chinese scale, R1 (low) to R5 (high)."
    )
    open_days: _Text = Field(default="", description="Days on which units are dealt in.")
    open_days_zh: _Text = Field(default="", description="The same in Chinese.")
    benchmark: _Text = Field(default="", description="Benchmark of performance, as in the terms.")
    benchmark_zh: _Text = Field(default="", description="The same in Chinese.")
    warning_line: float | None = Field(
        default=None, gt=0, lt=10, description="Unit value below which risk has to be reduced."
    )
    stop_line: float | None = Field(
        default=None, gt=0, lt=10, description="Unit value below which the fund is wound up."
    )
    contact: _Text = Field(default="", description="Where investors turn to.")
    contact_zh: _Text = Field(default="", description="The same in Chinese.")
    logo: Logo | None = Field(default=None, description="Picture: a PNG, JPEG or SVG file.")
    market_review: Comment | None = Field(
        default=None, description='On the market: a text, or { file = "review.md" }.'
    )
    market_review_zh: Comment | None = Field(default=None, description="The same in Chinese.")
    operation: Comment | None = Field(
        default=None, description="On what the fund did: a text or a file."
    )
    operation_zh: Comment | None = Field(default=None, description="The same in Chinese.")
    outlook: Comment | None = Field(
        default=None, description="On what is expected: a text or a file."
    )
    outlook_zh: Comment | None = Field(default=None, description="The same in Chinese.")

    @field_validator("code")
    @classmethod
    def _one_word(cls, value: str) -> str:
        if value and not re.fullmatch(r"[\w.\-/]+", value):
            raise ValueError(f"code {value!r}: accepted are letters, digits and .-/ in one word")
        return value

    @model_validator(mode="after")
    def _plain(self) -> Self:
        """Refuse what no page can show, whoever built it."""
        Document(self.model_dump()).check_plain("product")
        return self

    @model_validator(mode="after")
    def _lines_in_order(self) -> Self:
        warning, stop = self.warning_line, self.stop_line
        if warning is not None and stop is not None and warning <= stop:
            raise ValueError(
                f"warning_line {warning} has to lie above stop_line {stop}: it is reached first"
            )
        return self

    def text(self, key: str, language: str) -> str:
        """Return a text in a language, or in the other where only that is given; else empty."""
        own, chinese = getattr(self, key), getattr(self, f"{key}_zh")
        first, second = (chinese, own) if language == "zh" else (own, chinese)
        return str(first or second)

    def comment(self, key: str, language: str) -> str:
        """Return a comment; one that is Chinese only is left out of an English paper."""
        own, chinese = getattr(self, key), getattr(self, f"{key}_zh")
        found = (chinese or own) if language == "zh" else own
        return found.description if found else ""

    def changed_by(self, given: Mapping[str, Any], origin: str) -> Self:
        """Return the particulars with what a document gives in place of what they had.

        Raises
        ------
        StrategyError
            A key is unknown or a value is wrong.
        """
        kept = self.model_dump(exclude_unset=True)
        return type(self).model_validate(
            kept | dict(given), context={"origin": {"Particulars": origin}}
        )


def read_particulars(path: str | Path) -> dict[str, Any]:
    """Return what a product file gives: TOML with the keys of ``[product]``, or with that section.

    Raises
    ------
    StrategyError
        The file, or one that it names, cannot be read.
    """
    path = Path(path)
    document = Document.read(path, "product")
    found = document.get("product", document)
    if not isinstance(found, dict) or (found is not document and len(document) > 1):
        raise StrategyError(
            f"product {path}: accepted are the keys of [product], by themselves or in that section "
            "alone"
        )
    given = with_files(found, path.parent, f"product {path}")
    checked = Particulars.model_validate(
        given, context={"origin": {"Particulars": f"product {path}"}}
    )
    Document(given).check_kinds(checked.model_dump(), f"product {path}")
    return given


def with_files(given: Mapping[str, Any], folder: Path, where: str) -> dict[str, Any]:
    """Return the keys of a section with the files that it names read in.

    Parameters
    ----------
    given : mapping
        As written: ``logo`` a path, a comment a text or a table with ``file``.
    folder : Path
        Where relative paths begin.
    where : str
        For messages.

    Raises
    ------
    StrategyError
        A file is missing, too large, or no UTF-8.
    """
    found = dict(given)
    for key, value in given.items():
        if key == "logo" and isinstance(value, str):
            data = read_bytes(folder / value, f"{where}: logo", _LARGEST_LOGO)
            text = base64.b64encode(data).decode("ascii")
            lines = [text[k : k + _LINE] for k in range(0, len(text), _LINE)]
            found[key] = {"file": Path(value).name, "base64": lines}
        elif key in _COMMENT_KEYS and isinstance(value, dict) and "description" not in value:
            found[key] = _comment(value, folder, f"{where}: {key}")
    return found


def _comment(value: dict[str, Any], folder: Path, where: str) -> dict[str, Any]:
    name = value.get("file")
    if not isinstance(name, str) or set(value) != {"file"}:
        raise StrategyError(f'{where}: accepted: a text, or a table {{ file = "review.md" }}')
    raw = read_bytes(folder / name, where, _LARGEST_COMMENT)
    try:
        text = raw.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise StrategyError(f"{where} {printable(name)}: is not UTF-8; save it so") from error
    return {"file": Path(name).name, "description": text.replace("\r\n", "\n")}
