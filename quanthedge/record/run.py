"""The record of a run: everything that happened, as tables with a schema each; nothing computed.

It is what every reader reads: statistics, attribution, replay of the limits, comparison, report.
Readers take a :class:`Record`, never what ran it.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, fields
from typing import Any, NoReturn, NotRequired, Self, TypedDict, cast, overload

import pandas as pd

from quanthedge.record.tables import TABLES, RecordTable
from quanthedge.strategy import Strategy
from quanthedge.words import Bilingual

__all__ = [
    "MarketInfo",
    "Record",
    "Request",
    "RunVariant",
    "Table",
    "VariantTerms",
    "made_when_read",
]


class MarketInfo(TypedDict):
    """The market that was run on: name, fingerprint, size and span, benchmark, days of the run."""

    name: str
    fingerprint: str
    stocks: int
    data_start: str
    data_end: str
    benchmark: str
    start: str
    end: str


class Request(TypedDict):
    """What was asked for beyond strategy, market and dates."""

    variants: list[str]
    products: str  # digest of their unit values
    code: str  # digest of the code that ran
    own_code: dict[str, str]  # digests of the user's own code, by file
    own_tables: list[str]  # files of tables of scores and weights
    walk_forward: NotRequired[str]  # digest of what ruled in turn, where not one strategy did


class VariantTerms(TypedDict):
    """What a variant is, and what its accounts went through.

    Shares of equity, rates a year; ``index`` is the code whose members it holds, or empty;
    ``called_days`` are closes below the call level of the futures account, ``cut_days`` days on
    which lots were closed for lack of margin, ``insolvent`` a date or empty.
    """

    stocks: float
    loan: float
    loan_rate: float
    hedged: bool
    index: str
    called_days: int
    cut_days: int
    insolvent: str


@dataclass(frozen=True, eq=False)
class RunVariant:
    """The same strategy run with more, less or no hedge and loan.

    Attributes
    ----------
    name : str
        One of :data:`quanthedge.strategy.VARIANTS`.
    ledger : DataFrame
        As of the run itself.
    terms : dict
        See :class:`VariantTerms`.
    book : mapping of str to DataFrame
        Its other tables, where attribution asks for them (of the variant ``ungated``); a run folder
        keeps none of them.
    """

    name: str
    ledger: pd.DataFrame
    terms: VariantTerms
    book: Mapping[str, pd.DataFrame] = field(default_factory=dict)


class _Waiting:
    """What makes a table of a record when it is first read."""

    def __init__(self, make: "Callable[[Record], pd.DataFrame]") -> None:
        self.make = make


def made_when_read(make: "Callable[[Record], pd.DataFrame]") -> pd.DataFrame:
    """Return what stands for a table of a record until the table is read: then made, and kept.

    So a run does not pay for tables that nobody reads.
    """
    return cast("pd.DataFrame", _Waiting(make))


class Table:
    """A table of a record, held to the schema of its name in :data:`TABLES`."""

    name: str
    schema: RecordTable

    def __set_name__(self, owner: type, name: str) -> None:
        """Take name and schema; a table without a schema is none."""
        self.name, self.schema = name, TABLES[name]

    @overload
    def __get__(self, record: None, owner: type) -> NoReturn: ...
    @overload
    def __get__(self, record: "Record", owner: type) -> pd.DataFrame: ...
    def __get__(self, record: "Record | None", owner: type) -> pd.DataFrame:
        """Return the table; one that waits is made now."""
        if record is None:  # so that it is no default of the dataclass
            raise AttributeError(self.name)
        found: pd.DataFrame | _Waiting = record.__dict__[self.name]
        if isinstance(found, _Waiting):
            found = record.__dict__[self.name] = found.make(record)
        return found

    def __set__(self, record: "Record", value: pd.DataFrame) -> None:
        """Keep the table, or what :func:`made_when_read` gave for it."""
        record.__dict__[self.name] = value


@dataclass(frozen=True, eq=False, repr=False, kw_only=True)
class Record:
    """Everything a run produced.

    Attributes
    ----------
    ledger : DataFrame
        One row a day, indexed by date; the first row is the day before the first trading day.
        Yuan, see docs/ledger.md.
    trades, refusals, positions : DataFrame
        Orders done, orders not done and why, holdings on the recorded days (with their state at the
        close: traded, suspended, limit_up, limit_down).
    contracts : DataFrame
        Futures held at each close, a row for each contract.
    restated : DataFrame
        Holdings stated off their last close because they did not trade: date, code, shares,
        last_close, stated_value (yuan a share), adjustment_yuan; a row for each close.
    hedge : DataFrame
        Each recorded day's hedge: ex-ante beta of the book, its standard error, contract and lots.
    targets, exclusions, coverage : DataFrame
        What the selector wanted, what the universe left out and why, how much of it each factor
        covers.
    trainings : DataFrame
        What the scores of each rebalance were trained on: trained_on (the close at which), the last
        decision in it (trained_until) and the last price in its labels (label_end), rebalances and
        pairs; empty where nothing is fitted.
    decisions : DataFrame
        What an optimised selector decided on each rebalance: status, expected return, risk and
        cost, contracts and the beta left, bounds that were loosened; empty for other selectors.
    sleeves : DataFrame
        Each day of each sleeve of a fund that has any beside its stocks.
    sharing : DataFrame
        Which part of its budget each sleeve had after each review, why, and the figure that
        decided it; empty where budgets stand as they are stated.
    allocation : DataFrame
        How much of the book stood from each rebalance on, why, and the figures that decided it.
    expected : DataFrame
        What the scores of each rebalance were expected to earn and their change to cost; empty
        where nothing in the strategy asks for it.
    rules : DataFrame
        Rows of the rule book that were used, with confidence and sources.
    alpha_groups : DataFrame
        Alpha over the run and weight at its end by industry and by layer of market value.
    alpha_parts : DataFrame
        Each day's alpha by market, industries, styles and specific, yuan; without columns when the
        strategy has no model of risk with styles.
    alpha_brinson, alpha_industries : DataFrame
        Each day's alpha by allocation of industries and selection of stocks against the benchmark's
        members, yuan, and each industry's by month; empty where their weights are not known.
    alpha_layers, allocation_lines : DataFrame
        Each day's alpha by layer of the strategy, yuan; and what its allocation did to each line of
        the bridge, without columns when it has none.
    tilts : DataFrame
        Exposures of the book and of the benchmark to styles and industries at the end of each
        quarter; see :func:`quanthedge.performance.tilts.tilt_table`.
    risk_forecasts, risk_parts : DataFrame
        Risk of the hedged book forecast at each rebalance and month end, of what it is made, and
        what came; see :class:`quanthedge.performance.BookRisk`. Empty without a model of risk.
    indices : DataFrame
        Closes of the market's indices, dates x codes.
    investors, investor_values, investor_lots : DataFrame
        What happened to each investor, what he would have got on each event day, and his lots at
        the end; empty without clients.
    class_values : DataFrame
        Each class of units at every close: units, assets, unit value, cumulative unit value, unit
        value after the fee that would be due; see docs/fund.md.
    investor_days : DataFrame
        At every close what each investor would get if he left and the fee accrued on his units;
        empty without clients.
    unit_values : DataFrame
        Unit values of the products that the strategy names for comparison: product, date, value.
    strategy : Strategy
        As it was run.
    market_info, versions : dict
        Name, fingerprint and span of the market; versions of the packages that computed.
    timeline : dict
        What is known when, as printed by the run; keys en and zh.
    notes : list of dict
        Data repairs and assumptions that a reader must know; keys kind, en and zh.
    variants : dict of RunVariant
        Ledgers of the variants that were run beside it, by name.
    request : dict
        What was asked for beyond strategy, market and dates: the variants, a digest of the unit
        values of products, a digest of the code that ran.
    state : dict, optional
        The ledger's state after the last close, by names; None where the run cannot go on.
    past : DataFrame, optional
        Digests of what the ledger was given on each day, and ``book_return``, the book's own return
        of the day; kept with the state.
    trials : int, optional
        Trials on overlapping data that the registry knew when the run was made, this one among
        them; None where it was off.
    """

    ledger: Table = Table()
    trades: Table = Table()
    refusals: Table = Table()
    positions: Table = Table()
    contracts: Table = Table()
    restated: Table = Table()
    hedge: Table = Table()
    targets: Table = Table()
    exclusions: Table = Table()
    coverage: Table = Table()
    trainings: Table = Table()
    decisions: Table = Table()
    allocation: Table = Table()
    expected: Table = Table()
    sleeves: Table = Table()
    sharing: Table = Table()
    rules: Table = Table()
    alpha_groups: Table = Table()
    alpha_parts: Table = Table()
    alpha_brinson: Table = Table()
    alpha_industries: Table = Table()
    alpha_layers: Table = Table()
    allocation_lines: Table = Table()
    tilts: Table = Table()
    risk_forecasts: Table = Table()
    risk_parts: Table = Table()
    indices: Table = Table()
    investors: Table = Table()
    investor_values: Table = Table()
    investor_lots: Table = Table()
    class_values: Table = Table()
    investor_days: Table = Table()
    unit_values: Table = Table()
    strategy: Strategy
    market_info: MarketInfo
    versions: dict[str, str]
    timeline: Bilingual
    request: Request
    notes: list[Bilingual] = field(default_factory=list)
    variants: dict[str, RunVariant] = field(default_factory=dict)
    own_code: dict[str, str] = field(default_factory=dict)
    trials: int | None = None
    own_tables: dict[str, bytes] = field(default_factory=dict)
    state: dict[str, Any] | None = None
    past: pd.DataFrame | None = None

    def __repr__(self) -> str:
        days = self.ledger.index
        span = f"{days[1]:%Y-%m-%d} to {days[-1]:%Y-%m-%d}" if len(days) > 1 else "no day"
        return f"{type(self).__name__}({self.strategy.name!r}, {span})"

    def changed(self, **values: Any) -> Self:
        """Return the record with some fields changed; tables that wait go on waiting."""
        return type(self)(**{one.name: self.__dict__[one.name] for one in fields(self)} | values)

    def __getstate__(self) -> dict[str, Any]:
        """Make every table: what makes one needs the market, which is not sent along."""
        for name in TABLES:
            getattr(self, name)
        return dict(self.__dict__)
