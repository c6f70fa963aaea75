"""Parts of a strategy that are a table: where it comes from, how it is found again, what is kept.

The strategy names the table by its file, as it was written, and by the SHA-256 of its rows. Tables
that were read are remembered by both as long as something holds them, so that a strategy may be
changed, copied and sent to another process; a run folder keeps them in ``signals/``, and the
strategy of a run folder is run with these.
"""

import hashlib
import warnings
from collections.abc import Mapping
from pathlib import Path
from typing import Any, ClassVar, Literal, Self
from weakref import WeakKeyDictionary, WeakValueDictionary

from pydantic import (
    Field,
    ModelWrapValidatorHandler,
    PrivateAttr,
    ValidationError,
    ValidationInfo,
    model_validator,
)

from quanthedge.documents import printable
from quanthedge.errors import DataError, StrategyError, StrategyWarning
from quanthedge.kinds import OwnCode, is_own, parts_in
from quanthedge.market import Market
from quanthedge.plain import Plain, one_line
from quanthedge.signals.align import aligned
from quanthedge.signals.files import read_table
from quanthedge.signals.report import ClosedDays, TableReport
from quanthedge.signals.scores import Scores
from quanthedge.signals.shapes import read_scores
from quanthedge.signals.table import ScoreTable

__all__ = ["GivenTable"]

_FOLDER = "signals"  # of a run folder
_MONTH = 23  # trading days: no month has more
_Key = tuple[str, str, str, str]
_read: WeakValueDictionary[_Key, Scores] = WeakValueDictionary()
# The last market's, by lag, closed days, carry and whether the market is whole.
_aligned: WeakKeyDictionary[Scores, dict[tuple[Any, ...], ScoreTable]] = WeakKeyDictionary()


class GivenTable(Plain):
    """A part that is a table of scores or weights; what is said of a row's day stands here once."""

    what: ClassVar[str] = "table"

    name: str = Field(default="", description="What reports call it.")
    name_zh: str = Field(default="", description="What Chinese reports call it.")
    file: str = Field(
        default="",
        max_length=1_000,
        description="Parquet, Feather or CSV; begins at the strategy's folder. Empty: a frame.",
    )
    digest: str = Field(
        default="",
        pattern=r"^([0-9a-f]{64})?$",
        description="SHA-256 of the rows; written when the table is read.",
    )
    column: str = Field(default="", description="Column of a long table; found where there is one.")
    known: str = Field(
        default="",
        description="Column with the day on which each row became known; 'known' where there is "
        "one, else each row is known at the close of its day.",
    )
    lag_days: int = Field(
        default=0,
        ge=0,
        le=250,
        description="Trading days after its day at whose close a row is known; where no column "
        "says it.",
    )
    closed_days: ClosedDays = Field(
        default="next",
        description="The trading day with whose close a day without trading counts.",
    )
    max_age_days: int = Field(
        default=_MONTH,
        ge=0,
        le=2_500,
        description="Trading days since it became known, up to which a row counts.",
    )
    carry: Literal["auto", "day", "stock"] = Field(
        default="auto",
        description="The newest day counts as a whole, or of each stock its newest row; 'auto': "
        "by stock where the rows of a day became known on different days.",
    )
    _scores: Scores | None = PrivateAttr(default=None)

    @model_validator(mode="wrap")
    @classmethod
    def _found(
        cls, data: Any, handler: ModelWrapValidatorHandler[Self], info: ValidationInfo
    ) -> Self:
        """Read the table where somebody runs the strategy, and note its digest."""
        part = handler(data)
        own = (info.context or {}).get("own")
        if own is None or not isinstance(data, Mapping):
            return part
        found = _look_up(part, own)
        if found is None:
            return part
        if found.digest != part.digest:
            part = handler({**data, "digest": found.digest})
        return part.holding(found)

    @model_validator(mode="after")
    def _has_a_table(self) -> Self:
        if not self.file and not self.digest:
            raise ValueError(
                f"{self.what} without a table: give a file; in Python quanthedge.{self.what}_from "
                "makes one of a frame"
            )
        return self

    def __eq__(self, other: object) -> bool:
        """Return whether the other says the same; whether its table is at hand does not matter."""
        return type(other) is type(self) and self.__dict__ == other.__dict__

    def __hash__(self) -> int:
        return hash((type(self), tuple(self.__dict__.items())))

    def __reduce_ex__(self, protocol: Any) -> Any:
        """Send the table along; a user's own class is found again by its file."""
        if is_own(self):
            return super().__reduce_ex__(protocol)
        values = {name: self.__dict__[name] for name in type(self).model_fields}
        return _revived, (type(self), values, self._scores)

    @classmethod
    def made_of(cls, source: Any, options: dict[str, Any], market: Market | None = None) -> Self:
        """Return the part of a table of any accepted shape, its rows at hand.

        Parameters
        ----------
        source
            As in :func:`read_scores`.
        options
            Its other fields, ``name``, ``column`` and ``known`` among them.
        market
            Held against it if given.

        Raises
        ------
        DataError, StrategyError
            The table or a field is not as it should be.
        """
        file = str(source) if isinstance(source, str | Path) else ""
        where = "" if file else f"{cls.what} {options['name']}".rstrip()
        column, known = options["column"], options["known"]
        scores = read_scores(source, column=column, known=known, where=where)
        try:
            part = cls(file=file, digest=scores.digest, **options)
        except ValidationError as error:
            raise StrategyError(one_line(error, f"{cls.what}_from", cls)) from error
        part = part.holding(scores)
        if market is not None:
            part.table(market)
        return part

    def holding(self, scores: Scores) -> Self:
        """Return the part with its rows at hand."""
        self._scores = _read.setdefault(_key(self, scores.digest), scores)
        return self

    @property
    def scores(self) -> Scores:
        """Return the rows, read where they are not at hand.

        Raises
        ------
        DataError
            A frame's rows are gone, or there is no such file.
        """
        if self._scores is None:
            found = _read.get(_key(self, self.digest))
            if found is None and not self.file:
                raise DataError(
                    f"{self.told}: its rows were given as a frame and are not at hand; "
                    "load_strategy reads those that a run folder keeps, strategy.loaded(folder) too"
                )
            self.holding(found or _read_file(self, Path(self.file)))
        assert self._scores is not None
        return self._scores

    @property
    def told(self) -> str:
        """Return how messages call it."""
        name = self.name or (Path(self.file).name if self.file else "a frame")
        return f"{self.what} {printable(name)}"

    def table(self, market: Market) -> ScoreTable:
        """Return the rows in a market's days and codes, as known by its end.

        Raises
        ------
        DataError
            No code is a stock of the market, days lie after its data, or none inside it.
        """
        scores, lag = self.scores, self.lag_days
        if lag and scores.known is not None:
            raise DataError(
                f"{self.told}: lag_days {lag} and a column of days on which rows became known; "
                "take one of them"
            )
        whole = not (market.is_altered or market.is_cut)  # of which later days are refused
        key = (lag, self.closed_days, self.carry, whole)
        kept = _aligned.setdefault(scores, {})
        found = kept.get(key)
        if found is None or found.codes is not market.codes:
            found = kept[key] = aligned(
                scores, market, lag=lag, closed_days=self.closed_days,
                carry=None if self.carry == "auto" else self.carry, where=self.told,
            )  # fmt: skip
        return found.until(market)

    def report(self, market: Market) -> TableReport:
        """Return what became of the table on a market: what is left out, gaps, unknown codes.

        >>> print(signal.report(market))                              # doctest: +SKIP
        """
        return self.table(market).report

    def given_from_outside(self) -> str:
        """Return in words what an audit cannot reach, and what it does hold the table to."""
        scores = self.scores
        when = (
            f"the close of their day, {self.lag_days} trading days later"
            if self.lag_days
            else (
                "the close of their day" if scores.known is None else "the day that a column states"
            )
        )
        return (
            f"{self.told}: {len(scores):,} rows (sha256 {scores.digest[:12]}) given from outside, "
            f"used from {when} on; what they were made from is not in the market"
        )

    @classmethod
    def within(cls, strategy: Any) -> list["GivenTable"]:
        """Return the parts of a strategy that are tables, each once."""
        found = [part for part in parts_in(strategy) if isinstance(part, GivenTable)]
        return list(dict.fromkeys(found))

    @classmethod
    def kept_of(cls, strategy: Any) -> dict[str, bytes]:
        """Return the tables of a strategy as a run folder keeps them, by their names there."""
        return {
            _kept_name(part, part.scores.digest): part.scores.to_parquet()
            for part in GivenTable.within(strategy)
        }


# -- finding a table again


def _key(part: GivenTable, digest: str) -> _Key:
    return digest, part.file, part.column, part.known


def _kept_name(part: GivenTable, digest: str) -> str:
    text = "\n".join(_key(part, digest))
    return f"{_FOLDER}/{hashlib.sha256(text.encode()).hexdigest()[:16]}.parquet"


def _look_up(part: GivenTable, own: OwnCode) -> Scores | None:
    """Return the rows of a part: those that a run folder keeps, of its file, or at hand.

    None where there is no folder to look in and no such file: a strategy may be changed without it.
    """
    at_hand = _read.get(_key(part, part.digest)) if part.digest else None
    folder = own.folder
    if folder is None:
        beside = Path(part.file) if part.file else None
        if at_hand is not None or beside is None or not beside.is_file():
            return at_hand
        return _compared(part, _read_file(part, beside), beside, chosen=_other_was_read(part))
    kept = folder / _kept_name(part, part.digest)
    if part.digest and kept.is_file():
        return _compared(part, read_scores(read_table(kept), where=str(kept)), kept)
    if part.file:
        path = folder / part.file
        return _compared(part, _read_file(part, path), path, chosen=_other_was_read(part))
    if at_hand is None:
        raise DataError(
            f"{part.told}: its rows were given as a frame, and {printable(folder / _FOLDER)} keeps "
            f"none of that digest ({part.digest[:12]})"
        )
    return at_hand


def _other_was_read(part: GivenTable) -> bool:
    """Return whether the digest is that of another file or column: then this one was chosen."""
    keys = [key for key in _read if key[0] == part.digest]
    return bool(keys) and _key(part, part.digest) not in keys


def _read_file(part: GivenTable, path: Path) -> Scores:
    """Return the rows of a file; one that was read and has not changed is read once."""
    if not path.is_file():
        raise DataError(f"{part.told}: no file {printable(path)}")
    return read_scores(path, column=part.column, known=part.known)


def _compared(part: GivenTable, found: Scores, place: Path, *, chosen: bool = False) -> Scores:
    """Say when rows are not those that the strategy states, unless another table was chosen."""
    if part.digest and found.digest != part.digest and not chosen:
        warnings.warn(
            f"{printable(place)} is not as the strategy states it (sha256 of its rows "
            f"{part.digest[:12]} then, {found.digest[:12]} now): the figures may differ",
            StrategyWarning,
            stacklevel=2,
        )
    return found


def _revived(kind: type[GivenTable], values: dict[str, Any], scores: Scores | None) -> GivenTable:
    """Return a part in another process, with its rows."""
    part = kind.model_validate(values)
    return part if scores is None else part.holding(scores)
