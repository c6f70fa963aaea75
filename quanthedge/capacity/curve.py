"""The capacity curve: the same strategy with more and more money."""

from collections.abc import Iterable
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from quanthedge.capacity.impact import COEFFICIENT, modelled_impact
from quanthedge.errors import QuantHedgeError
from quanthedge.market import Market
from quanthedge.performance import (
    COST_LINES,
    annual_return,
    daily_returns,
    levels,
    volatility,
    years,
)
from quanthedge.report.drawing import figure_png
from quanthedge.report.specs import ACCENT, FUND, GROSS
from quanthedge.report.texts import Language, words
from quanthedge.result import Result
from quanthedge.run import backtest
from quanthedge.strategy import Strategy

__all__ = ["capacity_curve", "capacity_figure", "capacity_spec"]

SIZES = (5e7, 1e8, 2e8, 5e8, 1e9, 2e9, 5e9)


def capacity_curve(
    strategy: Strategy,
    market: Market,
    start: str | None = None,
    end: str | None = None,
    *,
    sizes: Iterable[float] = SIZES,
    coefficient: float = COEFFICIENT,
) -> pd.DataFrame:
    """Return what a strategy brings at several sizes of the fund.

    Parameters
    ----------
    strategy : Strategy
    market : Market
    start, end : date, optional
    sizes : iterable of float
        Yuan at the start.
    coefficient : float
        Of the square-root impact, see :func:`modelled_impact`.

    Returns
    -------
    DataFrame
        Indexed by size: net and gross (annual returns), net_after_impact (net annual return less
        the square-root impact beyond the fixed slippage, over mean equity), volatility, costs (a
        year, of mean equity), impact (the same, square-root law), volume_refusals (orders cut by
        the volume cap, share of all orders), unfilled (value of orders not done for any reason,
        share of what was wanted), participation (mean order over the stock's turnover of the day),
        lots (most held), open_interest_share (mean and, as ``_most``, highest share of the
        contract's open interest), futures_volume_share (of the day's contract volume on days of
        trading, mean), margin (mean, of equity), idle_cash (mean, of equity), reason (why there is
        no run, empty otherwise).

    Notes
    -----
    A size whose run is refused (too small for a lot, or for a contract) keeps its row with the
    reason and NaN. The participation cap of the strategy already leaves large orders unfilled.
    """
    rows = {}
    for size in sizes:
        changed = Strategy.model_validate(strategy.model_dump() | {"capital_yuan": float(size)})
        try:
            result = backtest(changed, market, start, end)
        except QuantHedgeError as error:
            rows[float(size)] = {"reason": str(error)}
            continue
        rows[float(size)] = _row(result, market, coefficient)
    table = pd.DataFrame.from_dict(rows, orient="index")
    table.index.name = "size_yuan"
    return table


def _row(result: Result, market: Market, coefficient: float) -> dict[str, Any]:
    ledger, span = result.ledger, years(result.ledger)
    equity = float(ledger["equity"].iloc[1:].mean())
    level = levels(ledger)
    fixed = float(result.trades["impact"].sum())
    impact = modelled_impact(result, market, coefficient)
    drag = float(impact.sum()) / equity / span
    net = annual_return(level["net"])
    inside = ledger.iloc[1:]
    cash = inside["stock_cash"] + inside["futures_cash"] - inside["margin_required"]
    return {
        "net": net,
        "gross": annual_return(level["gross"]),
        "net_after_impact": net - max(0.0, drag - fixed / equity / span),
        "volatility": volatility(daily_returns(ledger)["net"]),
        "costs": float(inside[list(COST_LINES)].sum().sum()) / equity / span,
        "impact": drag,
        **_orders(result, market, impact),
        **_futures(result, market),
        "margin": float((inside["margin_required"] / inside["equity"]).mean()),
        "idle_cash": float((cash / inside["equity"]).mean()),
        "reason": "",
    }


def _orders(result: Result, market: Market, impact: pd.Series) -> dict[str, float]:
    refusals, trades = result.refusals, result.trades
    stocks = trades.loc[impact.index]
    orders = len(stocks) + len(refusals)
    reason = refusals["reason"].astype("str")
    days = pd.DatetimeIndex(market.dates)
    marks = np.asarray(market.panel("mark"))
    at = days.get_indexer(pd.DatetimeIndex(refusals["date"]))
    column = pd.Index(market.codes).get_indexer(pd.Index(refusals["code"]))
    known = column >= 0
    lacking = (refusals["wanted"] - refusals["done"]).to_numpy(dtype=np.float64)[known]
    lost = float(np.nansum(lacking * marks[at[known], column[known]]))
    done = float(stocks["amount"].sum())
    row = days.get_indexer(pd.DatetimeIndex(stocks["date"]))
    place = pd.Index(market.codes).get_indexer(pd.Index(stocks["code"]))
    turnover = np.asarray(market.panel("amount"))[row, place].astype(np.float64)
    part = np.divide(
        stocks["amount"].to_numpy(), turnover, out=np.zeros(len(stocks)), where=turnover > 0
    )
    return {
        "volume_refusals": float((reason == "volume").sum()) / orders if orders else 0.0,
        "unfilled": lost / (lost + done) if lost + done > 0 else 0.0,
        "participation": float(part.mean()) if len(part) else float("nan"),
    }


def _futures(result: Result, market: Market) -> dict[str, float]:
    held = result.contracts[result.contracts["lots"] != 0]
    nothing = {
        "lots": 0.0,
        "open_interest_share": float("nan"),
        "open_interest_share_most": float("nan"),
        "futures_volume_share": float("nan"),
    }
    if held.empty:
        return nothing
    products = sorted({str(name)[:2] for name in held["contract"]})
    bars = pd.concat([market.futures(product) for product in products])
    bars = bars.set_index(["date", "contract"])[["open_interest", "volume"]]
    places = pd.MultiIndex.from_frame(held[["date", "contract"]])
    interest = bars["open_interest"].reindex(places).to_numpy(dtype=np.float64)
    share = held["lots"].abs().to_numpy() / np.where(interest > 0, interest, np.nan)
    codes = result.trades["code"].astype("str")
    futures = result.trades[codes.str[:2].isin(products) & (result.trades["futures_fee"] > 0)]
    at = pd.MultiIndex.from_frame(futures[["date", "code"]])
    volume = bars["volume"].reindex(at).to_numpy(dtype=np.float64)
    traded = futures["quantity"].to_numpy() / np.where(volume > 0, volume, np.nan)
    return {
        "lots": float(held.groupby("date")["lots"].sum().abs().max()),
        "open_interest_share": float(np.nanmean(share)) if np.isfinite(share).any() else np.nan,
        "open_interest_share_most": float(np.nanmax(share)) if np.isfinite(share).any() else np.nan,
        "futures_volume_share": float(np.nanmean(traded)) if np.isfinite(traded).any() else np.nan,
    }


def capacity_spec(table: pd.DataFrame, language: Language = "en") -> dict[str, Any]:
    """Return net return against the size of the fund as a plotly dictionary.

    ``table`` is that of :func:`capacity_curve`; sizes that could not be run are left out.
    """
    names = words(language)["capacity"]
    shown = table[table["reason"] == ""]
    sizes = [f"{size / 1e6:g}" for size in shown.index]
    colours = (GROSS, FUND, ACCENT)
    data = [
        {
            "type": "scatter",
            "mode": "lines+markers",
            "name": names[column],
            "x": list(range(len(sizes))),
            "y": [round(float(v), 5) for v in shown[column]],
            "line": {"color": colours[k], "width": 1.8},
            "marker": {"size": 6, "color": colours[k]},
        }
        for k, column in enumerate(("gross", "net", "net_after_impact"))
    ]
    axis = {"tickvals": list(range(len(sizes))), "ticktext": sizes}
    layout = {
        "height": 320,
        "xaxis": axis | {"title": {"text": names["size"]}},
        "yaxis": {"tickformat": ".1%"},
    }
    return {"data": data, "layout": layout}


def capacity_figure(table: pd.DataFrame, path: str | Path, language: Language = "en") -> Path:
    """Write the capacity curve as a PNG image and return its path."""
    return figure_png(capacity_spec(table, language), path)
