"""Tables that know the same thing: where they say different things, both are named.

Members and weights of an index, the last annual figures and debt ratios of fundamentals and of
statements, one index in two tables, a settlement price and the next day's previous one. Nothing is
changed: a warning says how many rows disagree and shows the first.
"""

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc

from quanthedge.market.checks.findings import Collector

__all__ = ["check_agreement"]

Array = np.ndarray[Any, Any]
_CLOSE = 1e-4  # relative difference of two closes of one index that is no rounding
FIGURES = 0.01  # relative difference of two figures of one report
_RATIO = 0.5  # points of a percentage
_SETTLED = 1e-6
# Item of fundamentals, item of statements: the last annual figure of each.
_ANNUAL = {
    "net_profit_last_annual": "net_profit_parent",
    "revenue_last_annual": "revenue",
}


def check_agreement(tables: Mapping[str, pa.Table], collector: Collector) -> None:
    """Compare every two tables that are there and know the same thing."""
    for one, two, compare in (
        ("index_members", "index_weights", _members),
        ("index_daily", "industry_index_daily", _indices),
        ("fundamentals", "statements", _figures),
    ):
        if all(name in tables and tables[name].num_rows for name in (one, two)):
            compare(tables[one], tables[two], collector)
    if "futures_daily" in tables:
        _settlements(tables["futures_daily"], collector)


def _members(members: pa.Table, weights: pa.Table, collector: Collector) -> None:
    """Compare each list of weights with the members of its day."""
    indices = set(pc.unique(members["index_code"]).to_pylist())
    for index in sorted(indices & set(pc.unique(weights["index_code"]).to_pylist())):
        spells = members.filter(pc.equal(members["index_code"], index)).to_pandas(
            date_as_object=False
        )
        lists = weights.filter(pc.equal(weights["index_code"], index)).to_pandas(
            date_as_object=False
        )
        start, end = spells["start"], spells["end"].fillna(pd.Timestamp("2200-01-01"))
        odd: list[tuple[Any, list[str], list[str]]] = []
        days = 0
        for day, rows in lists.groupby("date"):
            held = set(spells["code"][(start <= day) & (end >= day)])
            if not held:
                continue
            days += 1
            weighed = set(rows["code"][rows["weight"] > 0])
            if held != weighed:
                odd.append((day, sorted(weighed - held), sorted(held - weighed)))
        _say_members(index, odd, days, collector)


def _say_members(
    index: str, odd: list[tuple[Any, list[str], list[str]]], days: int, collector: Collector
) -> None:
    """Name the spans of days with one and the same difference."""
    if not odd:
        return
    spans: list[list[Any]] = []
    for day, more, less in odd:
        if spans and spans[-1][2:] == [more, less]:
            spans[-1][1] = day
        else:
            spans.append([day, day, more, less])
    examples = [
        f"{first:%Y-%m-%d} to {last:%Y-%m-%d}: only in weights {_few(more)}, "
        f"only in members {_few(less)}"
        for first, last, more, less in spans
    ]
    what = (
        f"of {index} (of {days}) have other stocks in index_weights than in index_members, which "
        "the universe goes by"
    )
    collector.add(
        "warning", "index_members", f"other than the weights {index}", len(odd), what, examples,
        unit="list",
    )  # fmt: skip


def _few(codes: Sequence[str]) -> str:
    more = f" and {len(codes) - 3} more" if len(codes) > 3 else ""
    return (", ".join(codes[:3]) or "none") + more


def _indices(one: pa.Table, two: pa.Table, collector: Collector) -> None:
    """Compare the closes of indices that stand in both tables."""
    codes = pc.unique(two["code"].cast(pa.string()))
    rows = one.filter(pc.is_in(one["code"], codes))
    if rows.num_rows == 0:
        return
    left = rows.select(["code", "date", "close"]).to_pandas(date_as_object=False)
    right = two.select(["code", "date", "close"]).to_pandas(date_as_object=False)
    both = left.merge(right.astype({"code": str}), on=["code", "date"], suffixes=("", "_two"))
    bad = both[(both["close"] / both["close_two"] - 1).abs() > _CLOSE]
    if len(bad):
        examples = [
            f"{row.code} {row.date:%Y-%m-%d}: {row.close:g} and {row.close_two:g}"
            for row in bad.head(Collector.EXAMPLES).itertuples()
        ]
        what = f"(of {len(both):,}) have another close in industry_index_daily"
        collector.add("warning", "index_daily", "two closes", len(bad), what, examples)


def _settlements(futures: pa.Table, collector: Collector) -> None:
    """Compare each day's previous settlement price with the settlement price of the day before."""
    if "pre_settle" not in futures.column_names:
        return
    contract = futures["contract"].combine_chunks().dictionary_encode().indices.to_numpy()
    settle, before = futures["settle"].to_numpy(), futures["pre_settle"].to_numpy()
    same = contract[1:] == contract[:-1]
    bad = same & (np.abs(before[1:] - settle[:-1]) > _SETTLED * settle[:-1])
    if bad.any():
        places = np.flatnonzero(bad)
        examples = [
            f"{futures['contract'][k + 1]} {futures['date'][k + 1]}: pre_settle {before[k + 1]:g}, "
            f"settle of the bar before {settle[k]:g}"
            for k in places[: Collector.EXAMPLES].tolist()
        ]
        what = "have a pre_settle that is not the settle of the contract's bar before"
        collector.add("warning", "futures_daily", "pre_settle", len(places), what, examples)


def _figures(fundamentals: pa.Table, statements: pa.Table, collector: Collector) -> None:
    """Compare annual profits and revenues, and debt ratios of the same period."""
    there = set(pc.unique(fundamentals["item"]).to_pylist())
    for item, figure in _ANNUAL.items():
        if item in there:
            _annual(_item(fundamentals, item), statements, item, figure, collector)
    if "debt_to_assets_pct" in there:
        _debt(_item(fundamentals, "debt_to_assets_pct"), statements, collector)


def _item(fundamentals: pa.Table, item: str) -> pd.DataFrame:
    rows = fundamentals.filter(pc.equal(fundamentals["item"], item))
    table = rows.select(["code", "known_date", "period_end", "value"])
    frame: pd.DataFrame = table.to_pandas(date_as_object=False)
    return frame.astype({"known_date": "datetime64[s]"})


def _annual(
    known: pd.DataFrame, statements: pa.Table, item: str, figure: str, collector: Collector
) -> None:
    """Compare what both know on 31 May of each year, when every annual report is out."""
    annual = statements.filter(pc.equal(pc.month(statements["period_end"]), 12))
    table = annual.select(["code", "period_end", "known_date", figure])
    right = table.to_pandas(date_as_object=False).dropna(subset=[figure])
    year = right["period_end"].dt.year
    right["date"] = pd.to_datetime((year + 1).astype(str) + "-05-31").astype("datetime64[s]")
    right = right[right["known_date"] <= right["date"]].sort_values("known_date")
    right = right.drop_duplicates(["code", "date"], keep="last").sort_values("date")
    both = pd.merge_asof(
        right[["code", "date", figure]], known.sort_values("known_date"), by="code",
        left_on="date", right_on="known_date", tolerance=pd.Timedelta(days=200),
    ).dropna(subset=["value"])  # fmt: skip
    gap = (both["value"] - both[figure]).abs() > FIGURES * both[figure].abs()
    _say_figures(both[gap], len(both), item, figure, "annual reports", collector)


def _debt(known: pd.DataFrame, statements: pa.Table, collector: Collector) -> None:
    """Compare liabilities over assets with the debt ratio of the same period."""
    columns = ["code", "period_end", "known_date", "total_liabilities", "total_assets"]
    right = statements.select(columns).to_pandas(date_as_object=False)
    right = right.sort_values("known_date").drop_duplicates(["code", "period_end"], keep="last")
    share = 100.0 * right["total_liabilities"] / right["total_assets"]
    right = right.assign(share=share)
    last = known.sort_values("known_date").drop_duplicates(["code", "period_end"], keep="last")
    both = last.merge(right[["code", "period_end", "share"]], on=["code", "period_end"])
    both = both.dropna(subset=["value", "share"]).rename(columns={"period_end": "date"})
    bad = both[(both["value"] - both["share"]).abs() > _RATIO]
    _say_figures(bad, len(both), "debt_to_assets_pct", "share", "reports", collector)


def _say_figures(
    bad: pd.DataFrame, compared: int, item: str, figure: str, what: str, collector: Collector
) -> None:
    if bad.empty:
        return
    name = "liabilities / assets, percent," if figure == "share" else figure
    examples = [
        f"{row['code']} {row['date']:%Y-%m-%d}: {row['value']:.6g} and {row[figure]:.6g}"
        for _, row in bad.head(Collector.EXAMPLES).iterrows()
    ]
    limit = "0.5 points" if figure == "share" else "1%"
    text = f"(of {compared:,} {what}) differ by more than {limit} from {name} of statements"
    collector.add("warning", "fundamentals", f"two values of {item}", len(bad), f"{item} {text}",
                  examples, unit="value")  # fmt: skip
