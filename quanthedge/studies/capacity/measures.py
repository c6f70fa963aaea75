"""What one size of the fund met: returns, impact, orders cut, futures, idle money."""

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from quanthedge.hedge import HedgeRule
from quanthedge.ledger import line_names
from quanthedge.market import Market
from quanthedge.performance import (
    MINIMUM_DAYS,
    LedgerFigures,
    annual_return,
    daily_returns,
    levels,
    volatility,
    years,
)
from quanthedge.record import Record

__all__ = ["hedge_measures", "margin_drag", "size_measures"]

_NO_ORDER = ("delisting", "rights")  # trades that no order of the fund made


def size_measures(result: Record, plain: Record, market: Market) -> dict[str, float]:
    """Return the measures of a run; ``plain`` is the same run without the impact of size.

    Formulas: docs/capacity.md. Figures a year are NaN below 20 trading days.
    """
    ledger = result.ledger
    long = len(ledger) > MINIMUM_DAYS
    inside, yuan_years = ledger.iloc[1:], LedgerFigures(ledger).mean_equity() * years(ledger)
    yuan_years = yuan_years if long else float("nan")
    level = levels(ledger)
    is_stock = result.trades["code"].isin(market.codes)
    reason = result.trades["reason"].astype("str")
    stocks = result.trades[is_stock & ~reason.isin(_NO_ORDER)]
    slippage = result.strategy.costs.slippage_bp / 1e4
    by_size = stocks["impact"].sum() - slippage * stocks["amount"].sum()
    free = inside["stock_cash"] + inside["futures_cash"] - inside["margin_required"]
    return {
        "gross": annual_return(level["gross"]) if long else float("nan"),
        "net": annual_return(level["net"]) if long else float("nan"),
        "net_without_size_impact": (
            annual_return(levels(plain.ledger)["net"]) if long else float("nan")
        ),
        "volatility": volatility(daily_returns(ledger)["net"]) if long else float("nan"),
        "costs": float(inside[list(line_names("cost"))].sum().sum()) / yuan_years,
        "impact": float(inside["impact"].sum()) / yuan_years,
        "size_impact": float(by_size) / yuan_years,
        **_orders(stocks, result.refusals, market),
        **_futures(result, market),
        "margin": float((inside["margin_required"] / inside["equity"]).mean()),
        "idle_cash": float((free / inside["equity"]).mean()),
        "margin_drag": margin_drag(ledger) if long else float("nan"),
        **hedge_measures(ledger, result.strategy.hedge),
    }


def margin_drag(ledger: pd.DataFrame) -> float:
    """Return what a year is lost because equity lies as margin and idle cash, not in the book.

    Notes
    -----
    ``cash / equity x (earned by a yuan of the hedged book - earned by a yuan of cash)``, a year,
    with means over the closes: cash = both accounts, margin included; the hedged book earns stock
    profit, dividends and futures profit less all trading costs, cash earns its interest. It is the
    price of the margin and the idle money to the first order: nobody can put all of it to work, a
    hedge needs margin, and a larger book would pay more impact. NaN without stocks or cash.
    """
    inside, span = ledger.iloc[1:], years(ledger)
    cash = float((inside["stock_cash"] + inside["futures_cash"]).mean())
    book = float(inside["stock_value"].mean())
    if not (cash > 0.0 and book > 0.0):
        return float("nan")
    earned = inside[["stock_pnl", "dividends", "futures_pnl"]].sum().sum()
    earned -= inside[list(line_names("cost"))].sum().sum()
    rates = float(earned) / book - float(inside["interest"].sum()) / cash
    return cash / LedgerFigures(ledger).mean_equity() * rates / span


def hedge_measures(ledger: pd.DataFrame, hedge: HedgeRule) -> dict[str, float]:
    """Return what whole lots cost the hedge in precision, and the least size that has a hedge.

    Notes
    -----
    Wanted at a close = scale of the ratio x ex-ante beta of the book x stock value, within the
    range of the hedge. ``hedge_gap`` is the mean of |wanted - held| / equity over closes with
    stocks: whole lots, the drift between reviews, refused orders, and, with an aversion to risk,
    what was left open on purpose. ``lot_rounding`` is the part that no review can avoid: the mean
    of |wanted - nearest whole lots| / equity over closes with lots. ``smallest_hedged_yuan``: the
    mean of ``0.5 x value of a lot / (wanted / equity)`` over the same: below half a lot wanted,
    none is held. The value of a lot is the mean of those held.
    """
    inside = ledger.iloc[1:]
    inside = inside[(inside["stock_value"] > 0.0) & inside["book_beta"].notna()]
    ratio = hedge.ratio
    scale = ratio if isinstance(ratio, float | int) else ratio.scale
    wanted = scale * inside["book_beta"]
    if not (inside["lots"] > 0).any():  # else a hedge below 0 is held long
        wanted = wanted.clip(lower=0.0)
    if hedge.range is not None:
        wanted = wanted.clip(*hedge.range)
    wanted = wanted * inside["stock_value"] / inside["equity"]
    held = inside["futures_notional"] / inside["equity"]
    lots = inside["lots"].abs()
    some = (lots > 0) & (wanted != 0.0)
    lot = inside["futures_notional"][some].abs() / lots[some]
    smallest = 0.5 * lot / wanted[some].abs()
    of_equity = lot / inside["equity"][some]
    nearest = (wanted[some] / of_equity).round() * of_equity
    return {
        "hedge_gap": float((wanted - held).abs().mean()),
        "lot_rounding": float((wanted[some] - nearest).abs().mean()),
        "smallest_hedged_yuan": float(smallest.mean()) if len(smallest) else float("nan"),
    }


def _orders(stocks: pd.DataFrame, refusals: pd.DataFrame, market: Market) -> dict[str, float]:
    """Return what of the stock orders was cut, left undone, and their share of the turnover."""
    refused = refusals[refusals["code"].isin(market.codes)]
    orders = len(stocks) + int((refused["done"] == 0).sum())
    cut = int(refused["reason"].astype("str").isin(["volume", "auction"]).sum())
    marks = _at(market, "mark", refused)
    lost = float(np.nansum((refused["wanted"] - refused["done"]).to_numpy() * marks))
    done = float(stocks["amount"].sum())
    turnover = _at(market, "amount", stocks)
    part = stocks["amount"].to_numpy() / np.where(turnover > 0.0, turnover, np.nan)
    return {
        "volume_cuts": cut / orders if orders else float("nan"),
        "unfilled": lost / (lost + done) if lost + done > 0.0 else float("nan"),
        "participation": _mean(part),
    }


def _at(market: Market, name: str, table: pd.DataFrame) -> NDArray[np.float64]:
    """Return the panel's value at each row's date and code."""
    days = pd.DatetimeIndex(market.dates).get_indexer(pd.DatetimeIndex(table["date"]))
    column = pd.Index(market.codes).get_indexer(pd.Index(table["code"]))
    return np.asarray(market.panel(name)[days, column], dtype=np.float64)


def _mean(values: NDArray[np.float64]) -> float:
    """Return the mean of what is known."""
    return float(np.nanmean(values)) if np.isfinite(values).any() else float("nan")


def _futures(result: Record, market: Market) -> dict[str, float]:
    """Return the lots, and what part of open interest and volume they are."""
    held = result.contracts[result.contracts["lots"] != 0]
    share = traded = np.full(1, np.nan)
    if len(held):
        products = sorted({str(name)[:2] for name in held["contract"]})
        bars = pd.concat([market.futures(product) for product in products])
        bars = bars.set_index(["date", "contract"])[["open_interest", "volume"]]
        places = pd.MultiIndex.from_frame(held[["date", "contract"]])
        interest = bars["open_interest"].reindex(places).to_numpy(dtype=np.float64)
        share = held["lots"].abs().to_numpy() / np.where(interest > 0, interest, np.nan)
        done = result.trades[~result.trades["code"].isin(market.codes)]
        orders = done.groupby(["date", "code"])["quantity"].sum()
        volume = bars["volume"].reindex(orders.index).to_numpy(dtype=np.float64)
        traded = orders.to_numpy() / np.where(volume > 0, volume, np.nan)
    known = np.isfinite(share).any()
    lots = held["lots"].abs().groupby(held["date"]).sum()
    return {
        "lots": float(lots.max()) if len(lots) else 0.0,
        "open_interest_share": _mean(share),
        "open_interest_share_most": float(np.nanmax(share)) if known else float("nan"),
        "futures_volume_share": _mean(traded),
    }
