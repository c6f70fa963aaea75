"""The alpha and the holdings of a run by industry and by size; by the risk model on request."""

from collections.abc import Callable

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from quanthedge.market import Market
from quanthedge.performance.bridge_groups import (
    MISMATCHES,
    NO_GROUP,
    RESIDUAL,
    alpha_of_held,
    layers,
)
from quanthedge.performance.holdings import Held, held_through
from quanthedge.performance.model_alpha import alpha_by_model
from quanthedge.record import Record
from quanthedge.risk import FittedRisk, FittedRiskModel

__all__ = ["COLUMNS", "LAYERS", "group_table", "part_table"]

COLUMNS = ("kind", "group", "name_zh", "name_en", "alpha_yuan", "weight", "names")
LAYERS = 5


def group_table(result: Record, market: Market) -> pd.DataFrame:
    """Return alpha over the run and weight at its end by industry, and by layer of market value.

    Returns
    -------
    DataFrame
        One row a group that was held, and one for stocks of none: kind (industry, size), group
        (code of the industry; layer from "1", the smallest fifth of all stocks, to "5"), name_zh,
        name_en (of industries), alpha_yuan (its part of the bridge's line, with the beta of the
        book), weight (of equity on the last recorded day), names (stocks held then). Empty where
        nothing was held, or a close of the benchmark is missing. The alphas of each kind add up to
        the line of the bridge.

    Notes
    -----
    A stock counts each day in the industry that it belonged to at the last close, and in the layer
    of the last close of the month before.
    """
    if result.ledger["index_close"].isna().any() or not len(result.positions):
        return pd.DataFrame(columns=list(COLUMNS))  # without the benchmark there is no alpha
    named = {"industry": _industries(result, market), "size": _sizes(result, market)}
    through = held_through(result, market)
    tables = [
        _table(kind, groups, result, through)
        for kind, groups in named.items()
        if groups is not None
    ]
    if not tables:
        return pd.DataFrame(columns=list(COLUMNS))
    table = pd.concat(tables, ignore_index=True)
    if named["industry"] is None:
        return table.assign(name_zh="", name_en="")[list(COLUMNS)]
    known = market.industry()[1]
    texts = known.set_index(known["industry"].astype(str))
    for name in ("name_zh", "name_en"):
        found = table["group"].map(texts[name].astype(str)).fillna("")
        table[name] = found.where(table["kind"] == "industry", "")
    return pd.DataFrame(table[list(COLUMNS)])


def _table(kind: str, groups: pd.DataFrame, result: Record, through: Held) -> pd.DataFrame:
    """Return one kind of groups: industries by alpha, layers from the largest stocks on."""
    alpha = alpha_of_held(result, through, groups).iloc[0].drop([RESIDUAL, MISMATCHES])
    last = result.positions[result.positions["date"] == result.positions["date"].max()]
    own = groups.loc[: last["date"].iloc[0]].iloc[-1].reindex(last["code"]).fillna(NO_GROUP)
    weights = last.groupby(own.to_numpy())["weight"].agg(["sum", "size"])
    found = pd.DataFrame({"kind": kind, "alpha_yuan": alpha})
    found["weight"] = weights["sum"].reindex(found.index).fillna(0.0)
    found["names"] = weights["size"].reindex(found.index).fillna(0).astype(np.int64)
    found = found.rename_axis("group").reset_index()
    return found.sort_values("alpha_yuan" if kind == "industry" else "group", ascending=False)


def part_table(
    result: Record, market: Market, fitted: Callable[[], FittedRisk] | None
) -> pd.DataFrame:
    """Return the parts of each day's alpha by the strategy's risk model, yuan; empty without one.

    Parameters
    ----------
    result, market
    fitted : callable, optional
        Gives the model, fitted on the market; it is asked where there is an alpha. One of returns
        alone has no parts.
    """
    known = result.ledger["index_close"].notna().all()
    model = fitted() if fitted is not None and len(result.positions) and known else None
    if not isinstance(model, FittedRiskModel):
        return pd.DataFrame(index=pd.DatetimeIndex([], name="date"))
    table = alpha_by_model(result, market, model, "day")
    return table.drop(columns=[RESIDUAL, MISMATCHES])


def _industries(result: Record, market: Market) -> pd.DataFrame | None:
    """Return the industry of each stock by day; None where the market knows none."""
    if not market.has("industry"):
        return None
    number, known = market.industry()
    if not len(known):
        return None
    days = _days(result, market)
    columns = _columns(result, market)
    own = np.asarray(number)[days[0] : days[-1] + 1, columns]
    changed = np.append(True, (own[1:] != own[:-1]).any(axis=1))
    names = np.append(known["industry"].astype(str).to_numpy(dtype=object), NO_GROUP)
    return _frame(names[own[changed]], days[changed], columns, market)


def _sizes(result: Record, market: Market) -> pd.DataFrame:
    """Return the layer of market value of each stock, at the last close of each month."""
    days = _days(result, market)
    month = market.dates[days].astype("datetime64[M]")
    rows = np.unique(np.append(days[0], days[:-1][month[1:] != month[:-1]]))
    columns = _columns(result, market)
    value = np.asarray(market.panel("mark")[rows]) * market.panel("total_shares")[rows]
    gone = rows[:, None] >= market.delist_index()[None, :]
    all_stocks = np.arange(len(market.codes))
    found = layers(_frame(np.where(gone, np.nan, value), rows, all_stocks, market), LAYERS)
    return found.iloc[:, columns].fillna(NO_GROUP)


def _days(result: Record, market: Market) -> NDArray[np.intp]:
    """Return the rows of the run's days in the market, the opening first."""
    first = int(pd.DatetimeIndex(market.dates).searchsorted(result.ledger.index[0]))
    return first + np.arange(len(result.ledger))


def _columns(result: Record, market: Market) -> NDArray[np.intp]:
    """Return the columns of the stocks that were ever traded."""
    traded = result.trades["code"].astype(str).unique()
    return np.flatnonzero(np.isin(market.codes, traded))


def _frame(
    values: NDArray[np.float64] | NDArray[np.object_],
    rows: NDArray[np.intp],
    columns: NDArray[np.intp],
    market: Market,
) -> pd.DataFrame:
    return pd.DataFrame(
        values, index=pd.DatetimeIndex(market.dates[rows]), columns=market.codes[columns]
    )
