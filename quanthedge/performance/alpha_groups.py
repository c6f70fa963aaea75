"""The alpha and the holdings of a run by industry and by size; by the risk model on request."""

from collections.abc import Callable
from typing import NamedTuple

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from quanthedge.market import Market
from quanthedge.performance.bridge import MISMATCHES, RESIDUAL, Bridge
from quanthedge.performance.bridge_groups import NO_GROUP, alpha_by_day, layer_numbers
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
    through = held_through(result, market)
    industries = _industries(result, market, through)
    named = {"industry": industries, "size": _sizes(result, market, through)}
    tables = [
        _table(kind, groups, result, through)
        for kind, groups in named.items()
        if groups is not None
    ]
    if not tables:
        return pd.DataFrame(columns=list(COLUMNS))
    table = pd.concat(tables, ignore_index=True)
    if industries is None:
        return table.assign(name_zh="", name_en="")[list(COLUMNS)]
    known = market.industry()[1]
    texts = known.set_index(known["industry"].astype(str))
    for name in ("name_zh", "name_en"):
        found = table["group"].map(texts[name].astype(str)).fillna("")
        table[name] = found.where(table["kind"] == "industry", "")
    return pd.DataFrame(table[list(COLUMNS)])


class _Groups(NamedTuple):
    """The groups of the stocks that a run ever held."""

    names: list[str]  # the last is that of stocks in none
    number: NDArray[np.int64]  # [T, K] place of the group at the close before each day
    last: NDArray[np.int64]  # [K] the same at the last close on record


def _table(kind: str, groups: _Groups, result: Record, through: Held) -> pd.DataFrame:
    """Return one kind of groups: industries by alpha, layers from the largest stocks on."""
    days = alpha_by_day(result, through, groups.number, groups.names)
    alpha = Bridge.by_period(days, "whole").iloc[0]
    last = result.positions[result.positions["date"] == result.positions["date"].max()]
    own = groups.last[pd.Index(through.codes).get_indexer(pd.Index(last["code"]))]
    weights = last.groupby(np.array(groups.names)[own])["weight"].agg(["sum", "size"])
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


def _industries(result: Record, market: Market, through: Held) -> _Groups | None:
    """Return the industry of each stock by day; None where the market knows none."""
    if not market.has("industry"):
        return None
    number, known = market.industry()
    if not len(known):
        return None
    rows = _rows(result, market, through)
    own = np.asarray(number[rows][:, through.columns], dtype=np.int64)
    own = np.where(own < 0, len(known), own)
    return _Groups([*known["industry"].astype(str), NO_GROUP], own[:-1], own[-1])


def _sizes(result: Record, market: Market, through: Held) -> _Groups:
    """Return the layer of market value of each stock, at the last close of each month."""
    days = through.first + np.arange(len(result.ledger))
    month = market.dates[days].astype("datetime64[M]")
    ends = np.unique(np.append(days[0], days[:-1][month[1:] != month[:-1]]))
    value = np.asarray(market.panel("mark")[ends]) * market.panel("total_shares")[ends]
    gone = ends[:, None] >= market.delist_index()[None, :]
    layer = layer_numbers(np.where(gone, np.nan, value), LAYERS)[:, through.columns]
    rows = _rows(result, market, through)
    own = layer[np.searchsorted(ends, rows, side="right") - 1]
    names = [f"{k}" for k in range(1, LAYERS + 1)]
    own = np.where(own > 0, own - 1, LAYERS)
    return _Groups([*names, NO_GROUP], own[:-1], own[-1])


def _rows(result: Record, market: Market, through: Held) -> NDArray[np.int64]:
    """Return the rows of the closes before the days, [T], and that of the last record."""
    last = pd.DatetimeIndex(market.dates).searchsorted(result.positions["date"].max())
    return np.append(through.first + np.arange(len(through.value)), last)
