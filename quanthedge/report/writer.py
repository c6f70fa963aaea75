"""What every chapter needs: the run, its statistics, and the words of one language."""

from functools import cached_property
from typing import Any, Protocol

import pandas as pd

from quanthedge.comparison import Comparison, Others, compare_funds, own_products, together
from quanthedge.performance import Summary, daily_returns, definitions
from quanthedge.report import specs
from quanthedge.report.blocks import Cell, Figure, Lines, Table, measure_cell
from quanthedge.report.texts import words
from quanthedge.rules import TRADING_DAYS_A_YEAR
from quanthedge.typing import Language

__all__ = [
    "Run",
    "Writer",
    "excess_returns",
    "in_language",
    "listed",
    "own_words",
    "slug",
    "value_at",
]


class Run(Protocol):
    """What the report reads of a result."""

    @property
    def ledger(self) -> pd.DataFrame:
        """One row a day, the opening balances first."""
        ...

    @property
    def trades(self) -> pd.DataFrame:
        """Orders done."""
        ...

    @property
    def refusals(self) -> pd.DataFrame:
        """Orders not done, and why."""
        ...

    @property
    def positions(self) -> pd.DataFrame:
        """Holdings on the recorded days."""
        ...

    @property
    def contracts(self) -> pd.DataFrame:
        """Lots of contracts held or traded on each day."""
        ...

    @property
    def restated(self) -> pd.DataFrame:
        """Holdings stated off their last close, a row for each close."""
        ...

    @property
    def investors(self) -> pd.DataFrame:
        """What happened to each investor; empty without clients."""
        ...

    @property
    def investor_values(self) -> pd.DataFrame:
        """What each would have got on each event day."""
        ...

    @property
    def investor_lots(self) -> pd.DataFrame:
        """Lots at the end."""
        ...

    @property
    def class_values(self) -> pd.DataFrame:
        """Each class of units at every close."""
        ...

    @property
    def investor_days(self) -> pd.DataFrame:
        """What each investor would get at every close, and his accrued fee."""
        ...

    @property
    def strategy(self) -> dict[str, Any]:
        """The strategy with every default."""
        ...

    @property
    def market_info(self) -> dict[str, Any]:
        """Name, fingerprint and span of the data."""
        ...

    @property
    def versions(self) -> dict[str, str]:
        """Packages that computed."""
        ...

    @property
    def timeline(self) -> Any:
        """What is known when: text, or text by language."""
        ...

    @property
    def notes(self) -> list[Any]:
        """Repairs and assumptions: texts, or texts by language."""
        ...

    def summary(self) -> Summary:
        """Return the statistics."""
        ...


class Writer:
    """The run, its statistics and the words of one language."""

    def __init__(self, run: Run, language: Language, others: Others | None = None) -> None:
        self.run, self.language = run, language
        self.others: Others = others or {}
        self.words = words(language)
        self.summary = run.summary()
        self.index_code = str(run.strategy.get("benchmark", ""))
        self.index = (
            specs.index_name(self.index_code, language)
            if self.index_code
            else str(self.words["figures"]["index"])
        )

    @cached_property
    def compared(self) -> Comparison | None:
        """The fund beside all that is known: its variants, its strategy's products, the user's.

        None where the benchmark has days without a close.
        """
        if self.run.ledger["index_close"].isna().any():
            return None
        words = self.words["products"]
        closes = getattr(self.run, "indices", None)
        others: dict[str, Any] = {}
        if closes is not None and len(closes):
            for code in closes.columns[closes.notna().all(axis=0)]:
                title = specs.index_name(str(code), self.language)
                if str(code) != self.index_code and title != self.index:
                    others[title] = closes[code]
        own = own_products(self.run, self.language)
        return compare_funds(
            self.run,
            together(others, own, self.others),
            name=words["fund"],
            benchmark=self.index,
            same_dates=words["same_dates"],
        )

    def head(self, *names: str) -> list[str]:
        """Return column titles; those of the index carry its name."""
        columns = self.words["columns"]
        return [self.index if name == "index" else str(columns[name]) for name in names]

    def cell(self, key: str) -> Cell:
        """Return a measure's value."""
        return measure_cell(self.summary[key], self.language)

    def name(self, formula: str) -> Cell:
        """Return a measure's name without its variant."""
        return Cell(str(definitions()["measures"][formula][self.language]))

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
        **values: object,
    ) -> Table:
        """Return a table with its title and note from the catalogue."""
        title, caption = self._texts(name, note or name, values)
        return Table(f"table-{slug(name)}", title, caption, head, rows, emphasised, folded)

    def lines(self, name: str, items: list[str], kind: str = "lines") -> Lines:
        """Return a list with its title and note from the catalogue."""
        title = str(self.words["titles"].get(name, ""))
        caption = str(self.words["captions"].get(name, ""))
        return Lines(f"text-{slug(name)}", title, caption, items, kind)

    def _texts(self, name: str, note: str, values: dict[str, object]) -> tuple[str, str]:
        title = str(self.words["titles"][name]).format(**values)
        return title, str(self.words["captions"][note]).format(**values)


def slug(name: str) -> str:
    """Return a name as it stands in an id."""
    return name.replace("_", "-")


def listed(writer: Writer, keys: tuple[str, ...]) -> list[list[Cell]]:
    """Return rows of measures: name and value."""
    return [[Cell(writer.summary[key].label(writer.language)), writer.cell(key)] for key in keys]


def excess_returns(writer: Writer) -> pd.Series:
    """Return the daily net returns less the run's risk-free rate."""
    rate = writer.summary.value("risk_free")
    taken = float(rate) if isinstance(rate, float | int) else 0.0
    return daily_returns(writer.run.ledger)["net"] - taken / TRADING_DAYS_A_YEAR


def in_language(value: Any, language: Language) -> str:
    """Return a sentence that may come in both languages or as plain text."""
    return str(value.get(language, "")) if isinstance(value, dict) else str(value)


def own_words(strategy: dict[str, Any], key: str, language: Language) -> str:
    """Return the user's own text, in the reader's language where there is one."""
    return str((strategy.get(f"{key}_zh") if language == "zh" else "") or strategy.get(key) or "")


def value_at(tree: Any, place: str) -> Any:
    """Return the value at a dotted place, None where there is none."""
    for part in place.split("."):
        if not isinstance(tree, dict) or part not in tree:
            return None
        tree = tree[part]
    return tree
