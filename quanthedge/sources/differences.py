"""What a newer version of a table adds, changes and no longer has, key by key."""

from dataclasses import dataclass, field
from typing import Any

import numpy as np
import pandas as pd
import pyarrow as pa

from quanthedge.market import TABLES

__all__ = ["Change", "joined", "joined_lists"]

_SHOWN = 3
_ONE_AT_A_TIME = ("stock_names", "industry", "owners")
_SPELLS = ("stock_names", "index_members", "industry", "owners")
# The column that tells which stretch of the history a newer version covers.
_COVERED = {
    "fundamentals": "known_date",
    "corporate_actions": "ex_date",
    "statements": "known_date",
    "fund_holdings": "period_end",
    "analyst_estimates": "known_date",
}
# What a source may hold only some of; elsewhere it is an item, a code or a contract.
_OWNERS = {"index_weights": ["index_code"], "government_yield_curve": ["term"]}


@dataclass
class Change:
    """How a table differs from the one before.

    Attributes
    ----------
    table
        Name of the table.
    added
        Rows with a key that was not there.
    changed
        Rows whose values differ, with examples as "key: column old -> new".
    removed
        Rows of the stretch that the newer version covers and no longer has.
    """

    table: str
    added: int = 0
    changed: int = 0
    removed: int = 0
    examples: list[str] = field(default_factory=list)

    @property
    def rewrites_history(self) -> bool:
        """Whether anything known before is different now."""
        return bool(self.changed or self.removed)

    def note(self, example: str) -> None:
        """Keep the first examples."""
        if len(self.examples) < _SHOWN:
            self.examples.append(example)

    def __str__(self) -> str:
        parts = [f"{self.added:,} rows added"]
        if self.changed:
            parts.append(f"{self.changed:,} changed")
        if self.removed:
            parts.append(f"{self.removed:,} gone")
        shown = f" (first: {'; '.join(self.examples)})" if self.examples else ""
        return f"{self.table}: {', '.join(parts)}{shown}"


def joined(
    name: str, old: pa.Table, new: pa.Table, old_end: np.datetime64
) -> tuple[pa.Table, Change]:
    """Return the newer rows and those of the older ones that still hold, and what changed.

    Parameters
    ----------
    name
        A table of the schema, not stock_daily.
    old, new
        Both in the schema's types.
    old_end
        Last day of the older market: an open spell that ends after it, or a delisting after it, is
        news and no change of history.
    """
    schema = TABLES[name].among([*old.column_names, *new.column_names])
    old, new = schema.whole(old), schema.whole(new)
    key = list(schema.key)
    before, after = old.to_pandas(date_as_object=False), new.to_pandas(date_as_object=False)
    if name in _ONE_AT_A_TIME:
        before = _ended(before, after, pd.Timestamp(old_end))
    both = before.merge(after, on=key, how="outer", suffixes=("", " new"), indicator="side")
    change = Change(name, added=int((both["side"] == "right_only").sum()))
    shared = both[both["side"] == "both"]
    differs = np.zeros(len(shared), dtype=bool)
    for column in schema.column_names:
        if column in key:
            continue
        was, now = shared[column], shared[f"{column} new"]
        moved = ~((was == now) | (was.isna() & now.isna())).to_numpy()
        if column in ("end", "delist_date", "last_trading_day"):
            later = now.isna() | (now >= pd.Timestamp(old_end))
            moved &= ~((was.isna() | (was >= pd.Timestamp(old_end))) & later).to_numpy()
        for row in np.flatnonzero(moved & ~differs)[:_SHOWN]:
            named = _named(shared.iloc[row], key)
            change.note(f"{named}: {column} {was.iloc[row]} -> {now.iloc[row]}")
        differs |= moved
    change.changed = int(differs.sum())
    gone = both[both["side"] == "left_only"]
    gone = gone[_covered(name, gone, after)]
    change.removed = len(gone)
    for row in range(min(len(gone), _SHOWN)):
        change.note(f"{_named(gone.iloc[row], key)} gone")
    stays = both[(both["side"] == "left_only") & ~both.index.isin(gone.index)]
    kept = pa.Table.from_pandas(
        stays[list(schema.column_names)], schema=_loose(schema.arrow), preserve_index=False
    )
    for place, number in enumerate(schema.columns):
        if number.kind == "number":  # undefined numbers are NaN
            kept = kept.set_column(place, number.name, kept[number.name].fill_null(np.nan))
    return pa.concat_tables([kept.cast(schema.arrow), new]), change


def joined_lists(
    name: str, old: pa.Table, new: pa.Table, old_end: np.datetime64
) -> tuple[pa.Table, Change]:
    """Return spells of whole lists of members, older and newer: what the first new list lacks ends.

    Parameters
    ----------
    name
        index_members, or industry made of lists.
    old, new
        Both in the schema's types; `new` begins with a list of everything, index by index.
    old_end
        Last day of the older market: a list after it is news and no change of history.
    """
    schema = TABLES[name]
    group = ["index_code"] if "index_code" in schema.column_names else []
    labels = [c for c in schema.column_names if c not in (*group, "code", "start", "end")]
    before, after = old.to_pandas(date_as_object=False), new.to_pandas(date_as_object=False)
    if after.empty:
        return old, Change(name)
    day = pd.Timedelta(1, "D")
    first = after.groupby(group)["start"].min() if group else after["start"].min()
    begins = before["index_code"].map(first) if group else pd.Series(first, before.index)
    kept = before[~(before["start"] >= begins)]
    begins = begins[kept.index]
    reaches = begins.notna() & (kept["end"].isna() | (kept["end"] >= begins))
    kept = kept.assign(end=kept["end"].where(~reaches, begins - day))
    owner = [*group, "code", *labels]
    head = after["start"] == (after["index_code"].map(first) if group else first)
    going = kept[reaches.to_numpy()].reset_index()
    same = after[head].reset_index().merge(going, on=owner, suffixes=("", " old"))
    after.loc[same["index"], "start"] = same["start old"].to_numpy()
    ended = kept.drop(index=same["index old"])
    change = Change(name, added=len(after) - len(same))
    rewritten = before[(before["start"] >= before["index_code"].map(first)) if group
                       else before["start"] >= first]  # fmt: skip
    again = rewritten.merge(after, on=[*owner, "start"], how="left", indicator="side")
    change.removed = int((again["side"] == "left_only").sum())
    shortened = ended[reaches[ended.index] & (begins[ended.index] <= pd.Timestamp(old_end))]
    change.changed = len(shortened)
    for row in shortened.head(_SHOWN).itertuples():
        change.note(f"{row.code}: end -> {row.end:%Y-%m-%d}")
    whole = pd.concat([ended, after])[list(schema.column_names)]
    table = pa.Table.from_pandas(whole, schema=_loose(schema.arrow), preserve_index=False)
    return table.cast(schema.arrow), change


def _ended(before: pd.DataFrame, after: pd.DataFrame, old_end: pd.Timestamp) -> pd.DataFrame:
    """End older spells, still open at the old end, the day before the owner's next one begins.

    A source may list the last changes only; what has one value at a time ends with the next.
    """
    later = after[after["start"] > old_end]
    if later.empty:
        return before
    first = before["code"].map(later.groupby("code")["start"].min())
    open_ = first.notna() & (before["end"].isna() | (before["end"] >= first))
    return before.assign(end=before["end"].where(~open_, first - pd.Timedelta(1, "D")))


def _covered(name: str, gone: pd.DataFrame, after: pd.DataFrame) -> np.ndarray[Any, Any]:
    """Which missing rows lie in a stretch that the newer version covers."""
    if after.empty or name == "stocks":
        return np.zeros(len(gone), dtype=bool)
    if name in _SPELLS:  # the newer version lists other spells of the same owner from then on
        owner = [column for column in TABLES[name].key if column != "start"]
        first = after.groupby(owner, as_index=False)["start"].min()
        place = gone[[*owner, "start"]].merge(first, on=owner, how="left", suffixes=("", " first"))
        return np.asarray(place["start"] >= place["start first"])
    column = _COVERED.get(name, "date")
    owners = [c for c in TABLES[name].key if c in ("item", "code", "contract")]
    group = _OWNERS.get(name, owners)
    if not group:
        days = gone[column]
        return np.asarray((days >= after[column].min()) & (days <= after[column].max()))
    span = after.groupby(group)[column].agg(["min", "max"]).reset_index()
    place = gone[[*group, column]].merge(span, on=group, how="left")
    return np.asarray((place[column] >= place["min"]) & (place[column] <= place["max"]))


def _named(row: pd.Series, key: list[str]) -> str:
    texts = [row[name] for name in key if not pd.isna(row[name])]
    return " ".join(f"{v:%Y-%m-%d}" if isinstance(v, pd.Timestamp) else str(v) for v in texts)


def _loose(schema: pa.Schema) -> pa.Schema:
    return pa.schema([field.with_nullable(True) for field in schema])
