"""What the stocks held were called on each day, for readers who know names and not codes."""

import pandas as pd

__all__ = ["holding_names"]


def holding_names(positions: pd.DataFrame, names: pd.DataFrame | None) -> pd.Series:
    """Return the name of each holding on its date, aligned with the positions; "" where unknown.

    Parameters
    ----------
    positions : DataFrame
        With ``date`` and ``code``.
    names : DataFrame or None
        Spells code, name, start, end (NaT: still in use), as ``market.stock_names()`` gives them.
    """
    found = pd.Series("", index=positions.index, name="name", dtype="str")
    if names is None or not len(positions):
        return found
    held = pd.DataFrame(
        {
            "date": positions["date"].astype("datetime64[ms]"),
            "code": positions["code"].astype("str"),
            "row": positions.index,
        }
    ).sort_values("date", kind="stable")
    spells = names.assign(
        start=names["start"].astype("datetime64[ms]"), code=names["code"].astype("str")
    ).sort_values("start", kind="stable")
    joined = pd.merge_asof(held, spells, left_on="date", right_on="start", by="code")
    inside = joined["name"].notna() & (joined["end"].isna() | (joined["end"] >= joined["date"]))
    found.loc[joined.loc[inside, "row"]] = joined.loc[inside, "name"].astype("str").to_numpy()
    return found
