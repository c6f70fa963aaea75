"""The tables of a dataset as data: columns, units, meaning, which may be missing.

Everything that writes, checks, reads or documents a dataset takes its columns from here.

>>> TABLES["cash_rate"].column_names
('date', 'rate')
>>> print(TABLES["cash_rate"].arrow)
date: date32[day] not null
rate: double not null
"""

import re
from collections.abc import Iterable
from dataclasses import dataclass, replace
from typing import Literal

import pyarrow as pa

__all__ = [
    "CODE_FORMAT",
    "CODE_PATTERN",
    "CONTRACT_PATTERN",
    "OWNERS",
    "SCHEMA_VERSION",
    "STATEMENT_ITEMS",
    "STATE_OWNERS",
    "STOCK_ITEMS",
    "TABLES",
    "Column",
    "TableSchema",
]

SCHEMA_VERSION = 1
CODE_PATTERN = re.compile(r"\d{6}\.(SH|SZ|BJ)")
CODE_FORMAT = "six digits, a dot, SH, SZ or BJ, e.g. 600519.SH"
CONTRACT_PATTERN = re.compile(r"([A-Z]{1,2})(\d{2})(0[1-9]|1[0-2])")

# Who controls a company, in the table owners.
OWNERS = ("central", "local", "private", "foreign", "other")
STATE_OWNERS = ("central", "local")

Kind = Literal["text", "label", "date", "number", "flag"]
_ARROW: dict[Kind, pa.DataType] = {
    "text": pa.string(),
    "label": pa.dictionary(pa.int32(), pa.string()),  # text that repeats millions of times
    "date": pa.date32(),
    "number": pa.float64(),
    "flag": pa.bool_(),
}


@dataclass(frozen=True)
class Column:
    """One column: its kind, unit and meaning, and whether a row may leave it undefined.

    An undefined date is null (an open spell); an undefined number is NaN. A table may lack
    a column that `may_be_absent`, which then reads as undefined throughout.
    """

    name: str
    kind: Kind
    meaning: str
    unit: str = ""
    nullable: bool = False
    may_be_absent: bool = False

    @property
    def arrow(self) -> pa.Field:
        """The Arrow field; numbers are never null on disk, undefined ones are NaN."""
        return pa.field(self.name, _ARROW[self.kind], self.nullable and self.kind != "number")


@dataclass(frozen=True)
class TableSchema:
    """One table: its columns, its key (no two rows share it) and whether it may be absent."""

    name: str
    meaning: str
    columns: tuple[Column, ...]
    key: tuple[str, ...]
    optional: bool = False

    @property
    def column_names(self) -> tuple[str, ...]:
        """The columns' names, in the order in which they are stored."""
        return tuple(column.name for column in self.columns)

    @property
    def numbers(self) -> tuple[str, ...]:
        """The names of its columns of numbers; of the statements these are their items."""
        return tuple(column.name for column in self.columns if column.kind == "number")

    @property
    def arrow(self) -> pa.Schema:
        """The Arrow schema of the table on disk."""
        return pa.schema([column.arrow for column in self.columns])

    def among(self, found: Iterable[str]) -> "TableSchema":
        """Return the schema without those columns that may be absent and are not among `found`.

        >>> TABLES["futures_daily"].among(["settle", "pre_settle"]).column_names[-1]
        'pre_settle'
        """
        there = set(found)
        kept = tuple(c for c in self.columns if not c.may_be_absent or c.name in there)
        return replace(self, columns=kept)

    def whole(self, table: pa.Table) -> pa.Table:
        """Return the table with every column of the schema; those it lacks are undefined."""
        columns = []
        for column in self.columns:
            if column.name in table.column_names:
                columns.append(table[column.name])
            elif column.kind == "number":
                columns.append(pa.chunked_array([[float("nan")] * table.num_rows], pa.float64()))
            else:
                columns.append(pa.nulls(table.num_rows, column.arrow.type))
        return pa.Table.from_arrays(columns, schema=self.arrow)


_CODE = Column("code", "text", "stock, `600519.SH`")
_DATE = Column("date", "date", "trading day")
_START = Column("start", "date", "first day of the spell")
_END = Column("end", "date", "last day of the spell, inclusive; null = still open", nullable=True)


def _price(name: str, meaning: str, unit: str = "yuan", nullable: bool = False) -> Column:
    return Column(name, "number", meaning, unit, nullable)


def _limit(name: str, meaning: str) -> Column:
    return Column(name, "number", meaning, "points", nullable=True, may_be_absent=True)


def _figure(name: str, meaning: str) -> Column:
    return Column(name, "number", meaning, "yuan", nullable=True)


STOCK_ITEMS = (  # at the end of the period; the others are flows since 1 January
    "total_assets",
    "total_liabilities",
    "equity_parent",
    "current_assets",
    "current_liabilities",
    "cash",
    "receivables",
    "inventory",
    "goodwill",
    "fixed_assets",
    "short_term_borrowing",
    "long_term_borrowing",
    "bonds_payable",
)
STATEMENT_ITEMS = {
    "total_assets": "total assets",
    "total_liabilities": "total liabilities",
    "equity_parent": "equity attributable to shareholders of the parent",
    "current_assets": "current assets",
    "current_liabilities": "current liabilities",
    "cash": "cash and equivalents",
    "receivables": "accounts receivable",
    "inventory": "inventories",
    "goodwill": "goodwill",
    "fixed_assets": "fixed assets",
    "short_term_borrowing": "short-term borrowing",
    "long_term_borrowing": "long-term borrowing",
    "bonds_payable": "bonds payable",
    "revenue": "operating revenue",
    "total_revenue": "total revenue, of banks and insurers with interest and premiums",
    "cost_of_sales": "cost of sales; undefined for banks, brokers and insurers",
    "selling_expense": "selling expense",
    "admin_expense": "administrative expense",
    "operating_profit": "operating profit",
    "net_profit": "net profit with minorities",
    "net_profit_parent": "net profit attributable to shareholders of the parent",
    "operating_cash_flow": "cash flow from operations",
    "investing_cash_flow": "cash flow from investing",
    "financing_cash_flow": "cash flow from financing",
    "capex_paid": "paid for fixed and intangible assets",
}

_ALL = (
    TableSchema(
        "calendar",
        "Every trading day; it may begin before the first stock bar (list_date is counted in it).",
        (_DATE,),
        ("date",),
    ),
    TableSchema(
        "stocks",
        "Every stock that has bars, also those delisted since.",
        (
            _CODE,
            Column("list_date", "date", "first trading day"),
            Column(
                "delist_date",
                "date",
                "first day on which it is gone; null = still listed at the data's end",
                nullable=True,
            ),
        ),
        ("code",),
    ),
    TableSchema(
        "stock_daily",
        "One row per stock and day on which it traded (no row = suspended), "
        "sorted by code and date. Prices are not adjusted.",
        (
            Column("code", "label", "stock, `600519.SH`"),
            _DATE,
            _price("open", "first price"),
            _price("high", "highest price"),
            _price("low", "lowest price"),
            _price("close", "closing price"),
            _price("pre_close", "the exchange's previous close, reduced on ex-dates"),
            Column("volume", "number", "shares traded", "shares"),
            Column(
                "amount",
                "number",
                "turnover; amount / volume is the VWAP",
                "yuan",
                nullable=True,
            ),
            Column(
                "adj_factor",
                "number",
                "cumulative product of previous traded close / pre_close; only its steps count",
            ),
            Column("total_shares", "number", "shares outstanding", "shares", nullable=True),
            Column("float_shares", "number", "freely tradable A shares", "shares", nullable=True),
            Column("is_st", "flag", "special treatment (ST) on that day"),
            Column("is_delisting", "flag", "in its delisting period on that day"),
        ),
        ("code", "date"),
    ),
    TableSchema(
        "corporate_actions",
        "What a holder of one share got on each ex-date. Without the table it is inferred from "
        "adj_factor.",
        (
            _CODE,
            Column("ex_date", "date", "first day on which the share trades without the right"),
            Column(
                "cash_per_share", "number", "dividend before tax, per share held", "yuan per share"
            ),
            Column(
                "bonus_per_share",
                "number",
                "new shares per share held: bonus issue, conversion of reserves or split",
                "shares per share",
            ),
            Column(
                "rights_per_share",
                "number",
                "shares offered per share held in a rights issue",
                "shares per share",
            ),
            Column(
                "rights_price", "number", "subscription price of the rights issue", "yuan", True
            ),
            Column("announce_date", "date", "day on which it became public", nullable=True),
            Column("record_date", "date", "holders at this day's close have it", nullable=True),
            Column("pay_date", "date", "day on which the cash is paid", nullable=True),
            Column(
                "list_date",
                "date",
                "first day on which the new shares can be sold; null = as the exchange's rule says",
                nullable=True,
                may_be_absent=True,
            ),
            Column(
                "stock_dividend_per_share",
                "number",
                "the part of bonus_per_share that is paid out of profit; the rest is a conversion",
                "shares per share",
                nullable=True,
                may_be_absent=True,
            ),
            Column(
                "source_check",
                "text",
                "the source's own comparison with prices: ok, within_0.5pct, differs, "
                "not_traded_after",
                nullable=True,
                may_be_absent=True,
            ),
        ),
        ("code", "ex_date"),
        optional=True,
    ),
    TableSchema(
        "stock_names",
        "Short names as they were.",
        (_CODE, Column("name", "text", "short name"), _START, _END),
        ("code", "start"),
        optional=True,
    ),
    TableSchema(
        "index_daily",
        "Bars of price indices (without dividends).",
        (
            Column("code", "text", "index, `000300.SH`"),
            _DATE,
            _price("open", "first value", "points", nullable=True),
            _price("high", "highest value", "points", nullable=True),
            _price("low", "lowest value", "points", nullable=True),
            _price("close", "closing value", "points"),
            Column("volume", "number", "shares traded", "shares", nullable=True),
            Column("amount", "number", "turnover", "yuan", nullable=True),
        ),
        ("code", "date"),
        optional=True,
    ),
    TableSchema(
        "index_members",
        "Index membership as spells.",
        (Column("index_code", "text", "index, `000300.SH`"), _CODE, _START, _END),
        ("index_code", "code", "start"),
        optional=True,
    ),
    TableSchema(
        "index_weights",
        "Weights of an index's members at the close of some days: each day's whole list. Known at "
        "that close, to be traded on from the next trading day; they drift until the next list.",
        (
            Column("index_code", "text", "index, `000300.SH`"),
            Column("date", "date", "trading day at whose close the weights hold"),
            _CODE,
            Column("weight", "number", "weight in the index", "fraction"),
        ),
        ("index_code", "date", "code"),
        optional=True,
    ),
    TableSchema(
        "index_dividend_yield",
        "Trailing dividend yields of indices.",
        (
            Column("code", "text", "index, `000300.SH`"),
            _DATE,
            Column("dividend_yield", "number", "trailing dividend yield", "fraction"),
        ),
        ("code", "date"),
        optional=True,
    ),
    TableSchema(
        "futures_daily",
        "Index futures by real, named contract; never a continuous series.",
        (
            Column("product", "text", "IF, IC, IH ..."),
            Column("contract", "text", "`IF1410`"),
            _DATE,
            Column("last_trading_day", "date", "last trading day of the contract"),
            _price("open", "first price", "points", nullable=True),
            _price("high", "highest price", "points", nullable=True),
            _price("low", "lowest price", "points", nullable=True),
            _price("close", "closing price", "points", nullable=True),
            _price(
                "settle",
                "settlement price; on the last trading day the delivery price",
                "points",
                nullable=True,
            ),
            Column("volume", "number", "contracts traded", "contracts", nullable=True),
            Column("amount", "number", "turnover", "yuan", nullable=True),
            Column("open_interest", "number", "open contracts", "contracts", nullable=True),
            Column(
                "pre_settle",
                "number",
                "settlement price of the day before, which the day's limits go by",
                "points",
                nullable=True,
                may_be_absent=True,
            ),
            Column(
                "limit_up", "number", "highest price allowed", "points", True, may_be_absent=True
            ),
            Column(
                "limit_down", "number", "lowest price allowed", "points", True, may_be_absent=True
            ),
        ),
        ("contract", "date"),
        optional=True,
    ),
    TableSchema(
        "fundamentals",
        "Point-in-time fundamentals, long: one row for each publication of a period. On a day the "
        "newest period known counts, and of its rows the last one known (of rows without a period "
        "simply the last one). NaN = known to be undefined from then on.",
        (
            _CODE,
            Column("item", "text", "name of the figure, `net_profit_ttm`"),
            Column("known_date", "date", "day on which it became public"),
            Column("period_end", "date", "end of the reporting period", nullable=True),
            Column("value", "number", "the figure", "yuan, or as the item says", nullable=True),
        ),
        ("item", "code", "known_date", "period_end"),
        optional=True,
    ),
    TableSchema(
        "statements",
        "Balance sheet, income and cash flow of each report, a row for each time that it was "
        "published; income and cash flow are cumulative since 1 January. On a day the newest "
        "period known counts.",
        (
            _CODE,
            Column("period_end", "date", "end of the reporting period"),
            Column(
                "known_date",
                "date",
                "day on which it became public, or the legal deadline where that is not known; to "
                "be traded on from the next trading day",
            ),
            Column(
                "announce_date",
                "date",
                "day of the announcement; null = not known",
                nullable=True,
            ),
            *(_figure(name, meaning) for name, meaning in STATEMENT_ITEMS.items()),
        ),
        ("code", "period_end", "known_date"),
        optional=True,
    ),
    TableSchema(
        "fund_holdings",
        "What public funds together held of each stock, by reporting date; a stock that no fund "
        "holds has no row.",
        (
            _CODE,
            Column("period_end", "date", "reporting date of the funds"),
            Column("known_date", "date", "last day on which funds may publish it"),
            Column(
                "full_holdings",
                "flag",
                "all holdings (June, December); false: only the ten largest of each fund, which "
                "cannot be compared with the former",
            ),
            Column("funds_holding", "number", "funds that hold the stock", "funds", nullable=True),
            Column("shares_held", "number", "shares held", "shares", nullable=True),
            Column("value_held", "number", "value on the reporting date", "yuan", nullable=True),
        ),
        ("code", "period_end"),
        optional=True,
    ),
    TableSchema(
        "analyst_estimates",
        "What analysts expect companies to earn: a row for each forecast of a broker, about one "
        "year. Until it is changed, or too old, a broker's last forecast counts.",
        (
            _CODE,
            Column("period_end", "date", "end of the year that is forecast"),
            Column("broker", "text", "who made it; one opinion each"),
            Column("known_date", "date", "day on which it became public"),
            Column(
                "net_profit",
                "number",
                "net profit attributable to shareholders; where undefined, earnings_per_share "
                "times the shares of the day; both undefined: withdrawn",
                "yuan",
                nullable=True,
            ),
            Column(
                "revenue", "number", "operating revenue", "yuan", nullable=True, may_be_absent=True
            ),
            Column(
                "earnings_per_share",
                "number",
                "earnings per share, on the shares of then",
                "yuan per share",
                nullable=True,
                may_be_absent=True,
            ),
        ),
        ("code", "period_end", "broker", "known_date"),
        optional=True,
    ),
    TableSchema(
        "owners",
        "Who controls a company, as spells.",
        (
            _CODE,
            _START,
            _END,
            Column(
                "owner",
                "text",
                "central (government or its company), local (another government), private, "
                "foreign, other (nobody alone, collectives, staff)",
            ),
        ),
        ("code", "start"),
        optional=True,
    ),
    TableSchema(
        "industry",
        "Industry classification as spells.",
        (
            _CODE,
            _START,
            _END,
            Column("industry", "text", "industry code"),
            Column("name_zh", "text", "Chinese name"),
            Column("name_en", "text", "English name"),
        ),
        ("code", "start"),
        optional=True,
    ),
    TableSchema(
        "industry_index_daily",
        "Bars of industry and style indices (price indices), apart from index_daily.",
        (
            Column("code", "label", "index, `H11030.CSI`, `801010.SI`, `CI005001.CI`"),
            Column("family", "label", "classification, `AMAC`, `SWS level 1`, `CITIC level 1`"),
            Column("name", "label", "name of the industry"),
            _DATE,
            _price("open", "first value", "points", nullable=True),
            _price("high", "highest value", "points", nullable=True),
            _price("low", "lowest value", "points", nullable=True),
            _price("close", "closing value", "points"),
        ),
        ("code", "date"),
        optional=True,
    ),
    TableSchema(
        "government_yield_curve",
        "Yields of government bonds by term; public in the evening of the day.",
        (
            Column("date", "date", "day of the curve"),
            Column("term", "text", "`0S` (overnight), `1M` ... `9M`, `1Y` ... `50Y`"),
            Column("rate", "number", "yield", "fraction per year"),
        ),
        ("date", "term"),
        optional=True,
    ),
    TableSchema(
        "cash_rate",
        "Overnight money market rate.",
        (
            Column("date", "date", "day on which it was fixed"),
            Column("rate", "number", "overnight rate", "fraction per year"),
        ),
        ("date",),
        optional=True,
    ),
)

TABLES: dict[str, TableSchema] = {table.name: table for table in _ALL}
