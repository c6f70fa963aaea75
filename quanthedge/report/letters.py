"""Statements of a period for everybody, and one table of them that a word processor fills in."""

import csv
import io
from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any, Self

from quanthedge.performance import Period, Statement, investor_statement
from quanthedge.record import Record
from quanthedge.report.accounts import Account, read_accounts
from quanthedge.report.statement import build_statement, grid, line_names, statement_text
from quanthedge.report.texts import words
from quanthedge.typing import Language
from quanthedge.words import notation

__all__ = ["Letters", "active_investors", "mail_merge", "statement_list"]


@dataclass(frozen=True)
class Letters:
    """The statements of a run's investors, of a period or of all time, with what is known of them.

    ``period`` is None for everything since the first purchase; ``accounts`` by investor.
    """

    result: Record
    period: Period | None
    accounts: Mapping[str, Account]

    @classmethod
    def of(cls, result: Record, period: str | None = None, accounts: Path | None = None) -> Self:
        """Return the letters of a run; ``accounts`` is a file as ``read_accounts`` reads it.

        Raises
        ------
        DataError
            When the period or the file cannot be meant.
        """
        asked = None if period is None else Period.of(period)
        known = {} if accounts is None else read_accounts(accounts, Statement.investors(result))
        return cls(result, asked, known)

    def investors(self) -> list[str]:
        """Return who held or dealt something."""
        return active_investors(self.result, Statement.investors(self.result), self.period)

    def text(self, investor: str, language: Language) -> str:
        """Return one investor's statement for a terminal."""
        account = self.accounts.get(investor)
        return statement_text(
            build_statement(self.result, investor, language, self.period, account)
        )

    def numbers(self, investor: str) -> dict[str, Any]:
        """Return one investor's statement as numbers."""
        return asdict(investor_statement(self.result, investor, self.period))

    def line(self, investor: str, language: Language) -> str:
        """Return one investor's line of the table, its heads beside the cells."""
        rows = _rows(self.result, [investor], language, self.period)
        return "  ".join(f"{name} {cell}" for name, cell in zip(*rows, strict=True))

    def table(self, investors: Iterable[str], language: Language) -> str:
        """Return a line for each investor, for a terminal."""
        return statement_list(self.result, investors, language, self.period)

    def merge(self, files: Mapping[str, Iterable[Path]], language: Language) -> str:
        """Return the list for mail merge; see :func:`mail_merge`."""
        return mail_merge(self.result, files, language, self.period, self.accounts)


def active_investors(
    result: Record, investors: Iterable[str], period: str | Period | None
) -> list[str]:
    """Return the investors who held or dealt something in a period; all of them without one.

    Raises
    ------
    DataError
        When one of them is not in the run, or no day of the period is.
    """
    names = list(investors)
    if period is None:
        return names
    return [one for one in names if not investor_statement(result, one, period).movement.idle]


def statement_list(
    result: Record,
    investors: Iterable[str],
    language: Language = "zh",
    period: str | Period | None = None,
) -> str:
    """Return the statements of several investors as a table for a terminal, a line each."""
    return "\n".join(line.rstrip() for line in grid(_rows(result, investors, language, period)))


def _rows(
    result: Record,
    investors: Iterable[str],
    language: Language,
    period: str | Period | None,
) -> list[list[str]]:
    """Return the heads of the list, and a row for each investor."""
    heads = words(language)["statement"]["merge"]
    shown = ("investor", "opening", "closing", "gain")
    short = words(language)["statement"]["short_return"]
    rows = [[*(heads[name] for name in shown), short]]
    for investor in investors:
        row = _row(result, investor, language, period)
        key = "time_weighted" if period is None else "period_return"
        rows.append([*(row[name] for name in shown), row[key]])
    return rows


def mail_merge(
    result: Record,
    files: Mapping[str, Iterable[Path]],
    language: Language = "zh",
    period: str | Period | None = None,
    accounts: Mapping[str, Account] | None = None,
) -> str:
    """Return a CSV whose rows are the investors of ``files`` and whose cells are as printed.

    Heads, dates and amounts are written for the reader of the letters, with the mark by which
    office programs know UTF-8; the last column names the investor's statements.
    """
    heads = dict(words(language)["statement"]["merge"])
    last = heads.pop("files")
    heads |= _sleeve_heads(result, language) | {"files": last}
    told = io.StringIO(newline="")
    writer = csv.DictWriter(told, list(heads), lineterminator="\r\n")
    writer.writerow(heads)
    for investor, paths in files.items():
        account = (accounts or {}).get(investor, Account())
        row = _row(result, investor, language, period) | asdict(account)
        writer.writerow(row | {"files": "; ".join(path.name for path in paths)})
    return f"\ufeff{told.getvalue()}"


def _sleeve_heads(result: Record, language: Language) -> dict[str, str]:
    """Return the heads of what his result is made of, by line; none without sleeves."""
    if result.sleeves.empty:
        return {}
    said = words(language)["statement"]["merge_sleeve"]
    names = line_names(result, language)
    return {f"sleeve {line}": str(said).format(name=name) for line, name in names.items()}


def _row(
    result: Record, investor: str, language: Language, period: str | Period | None
) -> dict[str, str]:
    one = investor_statement(result, investor, period)
    moved = one.movement
    amounts = {
        "opening": moved.opening, "subscribed": moved.subscribed, "redeemed": moved.redeemed,
        "distributed": moved.distributed, "performance_fees": moved.performance_fees,
        "door_fees": moved.door_fees, "closing": moved.closing, "gain": moved.gain,
    }  # fmt: skip
    returns = {
        "period_return": moved.time_weighted, "time_weighted": one.time_weighted,
        "money_weighted": one.money_weighted,
    }  # fmt: skip
    return {
        "investor": str(words(language)["founder"]) if investor == "founder" else investor,
        "period": "" if one.period is None else one.period.name(language),
        "first": notation.day(moved.first, language),
        "last": notation.day(moved.last, language),
        **{name: notation.number(value, ",.2f") for name, value in amounts.items()},
        **{name: notation.percent(value) for name, value in returns.items()},
        **{
            f"sleeve {line}": notation.number(yuan, ",.2f")
            for line, yuan in one.sleeves["yuan"].items()
        },
    }
