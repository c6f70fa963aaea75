"""What every chapter needs: the run, its statistics, and the words of one language."""

from functools import cached_property
from typing import Any, Literal

import pandas as pd

from quanthedge.comparison import Comparison, Others, Products, compare_funds
from quanthedge.limits import replay_limits
from quanthedge.performance import Measure, daily_returns, summary_of
from quanthedge.record import Record
from quanthedge.report import specs
from quanthedge.report.blocks import Cell, Figure, Lines, Table, measure_cell
from quanthedge.report.texts import words
from quanthedge.rules import TRADING_DAYS_A_YEAR
from quanthedge.strategy import Strategy
from quanthedge.typing import Language
from quanthedge.words import Bilingual, filled

__all__ = [
    "Writer",
    "excess_returns",
    "in_language",
    "listed",
    "own_words",
    "slug",
    "unit_of_years",
]


class Writer:
    """The run, its statistics and the words of one language."""

    def __init__(
        self,
        run: Record,
        language: Language,
        others: Others | None = None,
        capacity: pd.DataFrame | None = None,
    ) -> None:
        self.run, self.language, self.capacity = run, language, capacity
        self.others: Others = others or {}
        self.words = words(language)
        self.summary = summary_of(run)
        self.index_code = run.strategy.benchmark
        self.index = specs.index_name(self.index_code, language)

    @cached_property
    def compared(self) -> Comparison | None:
        """The fund beside all that is known: its variants, its strategy's products, the user's.

        None where the benchmark has days without a close.
        """
        if self.run.ledger["index_close"].isna().any():
            return None
        words = self.words["products"]
        closes, others = self.run.indices, dict[str, Any]()
        for code in closes.columns[closes.notna().all(axis=0)] if len(closes) else ():
            title = specs.index_name(str(code), self.language)
            if str(code) != self.index_code and title != self.index:
                others[title] = closes[code]
        own = Products.own(self.run, self.language)
        return compare_funds(
            self.run,
            Products(others, own, self.others),
            name=words["fund"],
            benchmark=self.index,
            same_dates=words["same_dates"],
        )

    @cached_property
    def limits(self) -> pd.DataFrame:
        """How near the run came to each limit; see :func:`quanthedge.limits.replay_limits`."""
        return replay_limits(self.run)

    def head(self, *names: str) -> list[str]:
        """Return column titles; those of the index carry its name."""
        columns = self.words["columns"]
        return [self.index if name == "index" else str(columns[name]) for name in names]

    def cell(self, key: str) -> Cell:
        """Return a measure's value."""
        return measure_cell(self.summary[key], self.language)

    def name(self, formula: str) -> Cell:
        """Return a measure's name without its variant."""
        return Cell(str(Measure.definitions()["measures"][formula][self.language]))

    def investor(self, name: str) -> str:
        """Return what an investor is called; the founder of a fund without names, in words."""
        return str(self.words["founder"]) if name == "founder" else name

    def figure(self, name: str, spec: dict[str, Any], **values: object) -> Figure:
        """Return a figure with its title and note from the catalogue."""
        return Figure(f"figure-{slug(name)}", *self._texts(name, name, values), spec)

    def table(
        self,
        name: str,
        head: list[str],
        rows: list[list[Cell]],
        *,
        note: str = "",
        emphasised: frozenset[int] = frozenset(),
        folded: bool = False,
        unit: str = "",
        **values: object,
    ) -> Table:
        """Return a table with its title and note from the catalogue."""
        title, caption = self._texts(name, note or name, values)
        return Table(
            f"table-{slug(name)}", title, caption, head, rows, emphasised, folded, unit=unit
        )

    def lines(self, name: str, items: list[str], kind: str = "lines") -> Lines:
        """Return a list with its title and note from the catalogue."""
        title = str(self.words["titles"].get(name, ""))
        caption = str(self.words["captions"].get(name, ""))
        return Lines(f"text-{slug(name)}", title, caption, items, kind)

    def _texts(self, name: str, note: str, values: dict[str, object]) -> tuple[str, str]:
        title = filled(str(self.words["titles"][name]), self.language, **values)
        return title, filled(str(self.words["captions"][note]), self.language, **values)


def slug(name: str) -> str:
    """Return a name as it stands in an id."""
    return name.replace("_", "-")


def listed(writer: Writer, keys: tuple[str, ...]) -> list[list[Cell]]:
    """Return rows of measures: name and value."""
    return [[Cell(writer.summary[key].label(writer.language)), writer.cell(key)] for key in keys]


def unit_of_years(writer: Writer) -> str:
    """Return the units of a table whose first column is yuan and the others are years."""
    return str(writer.words["unit_of_years"]).format(money=writer.words["figures"]["money"])


def excess_returns(writer: Writer) -> pd.Series:
    """Return the daily net returns less the run's risk-free rate."""
    rate = writer.summary.value("risk_free")
    taken = float(rate) if isinstance(rate, float | int) else 0.0
    return daily_returns(writer.run.ledger)["net"] - taken / TRADING_DAYS_A_YEAR


def in_language(text: Bilingual, language: Language) -> str:
    """Return a text of the run in the reader's language."""
    return text[language]


def own_words(strategy: Strategy, key: Literal["name", "description"], language: Language) -> str:
    """Return the user's own text, in the reader's language where there is one."""
    chinese, own = {
        "name": (strategy.name_zh, strategy.name),
        "description": (strategy.description_zh, strategy.description),
    }[key]
    return (chinese if language == "zh" else "") or own
