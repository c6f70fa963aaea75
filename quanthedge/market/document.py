"""docs/dataset.md, written from the schema.

Run `python -m quanthedge.market.document docs/dataset.md` after changing the schema.
"""

import sys
from pathlib import Path

from quanthedge.market.panels import PANELS
from quanthedge.market.schema import CODE_FORMAT, SCHEMA_VERSION, TABLES, Column, TableSchema

__all__ = ["dataset_markdown"]

_INTRODUCTION = f"""# The dataset on disk

A market is a folder: one Parquet file (zstd) per table, a `manifest.json`, and a cache of panels
in `.panels/` that can be removed at any time. Simulated markets keep what is true about them in
`truth/`. Schema version {SCHEMA_VERSION}.

    quanthedge import SOURCE TARGET        # from one of the layouts below
    quanthedge check TARGET                # the same checks again, any time

```python
from quanthedge.market import Market, write_dataset

write_dataset("data/mine", tables, name="mine", source="my vendor")  # {{name: pyarrow.Table}}
market = Market.open("data/mine")
market.panel("close")                     # [T, N], NaN where the stock did not trade
market.until("2014-09-17")                # the same market, its future removed
```

## Rules that hold for every table

- Codes look like `600519.SH` ({CODE_FORMAT}). Contracts look like `IF1410`.
- Money is in yuan, volumes in shares (not hands of 100), rates are fractions per year.
- Prices are never adjusted; `adj_factor` and `pre_close` say what happened on ex-dates.
- A stock has a row for each day on which it traded. No row means suspended.
- Row t of any array is what was public by the close of day t. `known_date` is the day on which a
  figure became public, not the end of its period.
- Spells (`start`, `end`) include both ends; an empty `end` means still open.
- Undefined numbers are NaN, and only in the columns marked so. A column marked "or absent" may be
  left out of a table altogether; it then reads as undefined. Nothing is filled, clipped or
  dropped on import: what has errors is refused, what was converted is counted in the report.
- `stock_daily` must be sorted by code and date. The other tables are sorted on import.
- A table that may be absent stops only a run whose strategy asks for it (futures for a hedge, cash
  rates for interest at the market's rate, fundamentals for a factor of them). What a report would
  only have shown is left out, and a note of the run says so.
"""

_ITEMS = """
Any item name is accepted. Those that the factors know:

| item | meaning |
| --- | --- |
| net_profit_ttm, revenue_ttm | trailing four quarters, attributable to shareholders, yuan |
| net_profit_last_annual, revenue_last_annual | from the last annual report, yuan |
| book_equity | latest equity attributable to shareholders, yuan |
| dividend_ttm, dividend_last_annual | cash dividends, yuan |
| roe_cum_pct, roa_cum_pct | percent, cumulative since the year's start (Q1 three months, Q3 nine) |
| debt_to_assets_pct | percent |
| ebit, invested_capital | yuan |
| fcff_ps | free cash flow to the firm, yuan per share |

A figure is that of the newest period known on a day, as restated by then; a later restatement of an
older period changes trailing sums only. docs/importing.md says how the vintages are asked for.
"""

_ASKED = {  # table: what it counts from, and how it is asked for
    "index_weights": (
        "the close of `date`; drifts with prices until the next list",
        "`market.index_weights(index)`: weights [T, N] and the day of the list behind each row",
    ),
    "statements": (
        "`known_date`: the announcement, or the legal deadline where it is not known",
        "`market.statement(item)`, `statement_ttm`, `statement_quarter`, `statements(code)`",
    ),
    "corporate_actions": (
        "`announce_date`; booked on the first trading day from `ex_date` on",
        "`market.corporate_actions()`",
    ),
    "futures_daily": (
        "the close of `date`; `pre_settle` and the limits before its open",
        "`market.futures(product)`",
    ),
    "industry_index_daily": (
        "the close of `date`",
        "`market.industry_indices()`, `industry_index_bars(code)`, `industry_index_close(code)`",
    ),
    "government_yield_curve": (
        "the evening of `date`",
        "`market.government_yield(term)`, `government_curve()`",
    ),
    "fund_holdings": (
        "`known_date`, the end of the window in which funds publish",
        "`market.fund_holdings(item, full=True)` or `full=False`",
    ),
    "analyst_estimates": (
        "`known_date`, the day on which the forecast became public",
        "`market.analyst_estimates()`, one by one",
    ),
    "owners": ("`start` of the spell", "`market.owners()`"),
}
_KNOWN_ROWS = "\n".join(
    [
        "| table | counts from | asked for with |",
        "| --- | --- | --- |",
        *(f"| {name} | {known} | {asked} |" for name, (known, asked) in _ASKED.items()),
    ]
)

_KNOWN = f"""
## What is known when

{_KNOWN_ROWS}

Row t of all of them is known at the close of day t and can be traded on from the next trading day;
`market.until(day)` cuts them all. None is read before it is asked for.

- **Weights** are whole lists of some days. Between two lists they drift by price and adjustment
  factor; stocks that are gone share out their weight. A list that is older than the last change of
  members still names the old ones: look at the day that comes with each row.
- **Corporate actions** keep every row of the source, with the source's own doubts in
  `source_check`. A run books only what the exchange's previous close bears out (docs/ledger.md).
- **Statements** have a row for each publication. A publication that is silent on an item (an income
  statement published anew) leaves the figure of the same period as it was.
- **Holdings of funds** are whole in June and December and the ten largest positions of each fund in
  March and September. The one is never taken for the other.
- **futures_daily** is one table. Where a source has a table of all contracts and one of fewer, the
  former wins, the latter fills what it lacks, and rows with two values are counted.
"""

_END = """
## What is checked

Errors stop an import, and nothing is written: missing or misspelt tables and columns, wrong types,
empty cells, repeated keys, unsorted bars, unknown or malformed codes, prices or volumes that are
0, negative, NaN or infinite, high < low, open or close outside the day's range, dates that are no
trading days, days without any bar although an index traded, bars before listing or after
delisting, units of volume or amount that are wrong for a board or a year (the ratio found is
named), more than 20% of VWAPs outside the day's range, rates in percent, overlapping spells,
contracts whose name, product and last trading day disagree, futures after their last trading day,
weights and yields in percent, statements known before their period ended, forecasts of profit that
are not in yuan or not of a calendar year, owners called by other words.

Warnings are kept in the report, with counts and examples: what the source did not hold and had to
be assumed, members and fundamentals without prices, closes, highs and lows beyond the day's price
limit, `adj_factor` steps that differ from `pre_close`, VWAPs outside the day's range, bars repeated
from the day before, closes unchanged for 10 days, no delisted stock in 5 years, days with few bars,
long holidays, missing settlement prices, contracts that end early, industries with two names, lists
of weights that are not whole, total assets that jump tenfold, futures beyond their day's limits.

Where two tables know the same thing, they are compared, and what disagrees is a warning with its
count and the first rows: members and weights of an index, steps of `adj_factor` and corporate
actions, annual figures and debt ratios of `fundamentals` and `statements`, one index in two tables,
a settlement price and the next day's `pre_settle`. Nothing is changed by that.

## The manifest

`manifest.json` gives each table's rows, file size, SHA-256 of the file and SHA-256 of the values.
The fingerprint of the whole is made from the values, so it does not depend on the version of the
Parquet library. The same data always give the same bytes. A table that was changed after the
import is found when the market is opened.

A new version is written beside the old one and takes its place in one step: a kill or a full disk
leaves the old data as they were. Other files in the folder (letters,
reports) stay. The same dataset is recognised and left as it is, another one replaced only with
`--overwrite`. Every opening compares the tables' bytes with the manifest and each cached panel with
its checksum; a damaged table is refused, a damaged panel made anew and named.
`quanthedge check MARKET --fingerprint` computes the fingerprint from the values. What was tried
stands in [reliability.md](reliability.md).

## Layouts that can be imported

docs/importing.md lists them: our own tables as Parquet or CSV files (three or more named as here),
Qlib, RQAlpha, vendors' tables, vn.py, WonderTrader, and any files with a mapping.

In a CSV file dates are written `2014-09-17`, flags `true` or `false`; an empty cell is undefined.
The `tables` layout keeps prices as 32-bit floats: they are rounded half up to 0.01 yuan, and a
price that is no multiple of 0.01 (by more than 1 in 10,000) is an error.
"""


def dataset_markdown() -> str:
    """Return the whole of docs/dataset.md."""
    parts = [_INTRODUCTION, "\n## Tables\n"]
    for table in TABLES.values():
        parts.append(_table(table))
        if table.name == "fundamentals":
            parts.append(_ITEMS)
    parts += [_KNOWN, _panels(), _END]
    return "".join(parts)


def _table(table: TableSchema) -> str:
    absent = " (may be absent)" if table.optional else ""
    lines = [
        f"\n### {table.name}{absent}\n",
        f"{table.meaning} Key: {', '.join(table.key)}.\n",
        "| column | type | unit | undefined allowed | meaning |",
        "| --- | --- | --- | --- | --- |",
        *(_column(column) for column in table.columns),
    ]
    return "\n".join(lines) + "\n"


def _column(column: Column) -> str:
    kind = "text" if column.kind == "label" else column.kind
    undefined = "yes" if column.nullable else ""
    undefined = "or absent" if column.may_be_absent else undefined
    return f"| {column.name} | {kind} | {column.unit} | {undefined} | {column.meaning} |"


def _panels() -> str:
    lines = [
        "\n## Panels\n",
        "`market.panel(name)` gives [T, N] arrays over the days from the first to the last bar and",
        "all stocks:\n",
        "| panel | from | carried forward | before the first bar |",
        "| --- | --- | --- | --- |",
    ]
    for name, rule in PANELS.items():
        carried = "yes" if rule.carried else ""
        lines.append(f"| {name} | {rule.column} | {carried} | {rule.before} |")
    lines.append(
        "\n`simple_return` is close / pre_close - 1, `traded` is true where there is a bar."
    )
    return "\n".join(lines) + "\n"


if __name__ == "__main__":
    Path(sys.argv[1]).write_text(dataset_markdown(), encoding="utf-8")
