"""The same fund with its money split over its stocks and sleeves in several ways."""

from collections.abc import Iterable

import pandas as pd

from quanthedge.backtesting import Result, complete, prepare
from quanthedge.errors import StrategyError
from quanthedge.ledger import line_names
from quanthedge.market import Market
from quanthedge.performance import LedgerFigures, daily_returns
from quanthedge.sleeves.sharing import Sharing
from quanthedge.strategy import Strategy

__all__ = ["compare_sharing"]

_KINDS = ("fixed", "risk_parity", "carry_per_margin", "drawdown")
_OF_SUMMARY = {
    "return_per_year": "annual_return_net",
    "volatility": "volatility_net",
    "sharpe": "sharpe_net",
    "max_drawdown": "max_drawdown_net",
}


def compare_sharing(
    strategy: Strategy,
    market: Market,
    start: str | None = None,
    end: str | None = None,
    kinds: Iterable[str | Sharing] = _KINDS,
) -> pd.DataFrame:
    """Return what the same fund earns when its money is split in other ways.

    Parameters
    ----------
    strategy : Strategy
        With sleeves. What its section [sharing] states holds for its own kind.
    market : Market
    start, end : date, optional
        As of :func:`quanthedge.backtest`.
    kinds : iterable of str or Sharing
        By kind with its own defaults, or as objects.

    Returns
    -------
    DataFrame
        Indexed by kind: return_per_year (net of everything), volatility, sharpe, max_drawdown,
        correlation (of daily net returns with the benchmark), margin_mean and margin_largest
        (margin required over equity at the close), turnover (stocks bought and sold over equity, a
        year), costs_per_year (of mean equity), reviews, and changes (reviews that changed a share).
        Figures a year are missing below 20 trading days.

    Raises
    ------
    StrategyError
        The strategy has no sleeves, a kind is not known, or comes twice.

    Notes
    -----
    The runs are not written into the registry of trials: choose none by this table without
    counting them (docs/trials.md).

    Examples
    --------
    >>> import quanthedge as qh
    >>> spread = {"kind": "calendar_spread", "label": "calendar", "budget": 0.1, "size": 1.0}
    >>> strategy = qh.load_strategy("market_neutral", ["selector.n=30", "invested_fraction=0.5"])
    >>> strategy = strategy.change({"sleeves": [spread]})
    >>> table = qh.compare_sharing(
    ...     strategy, qh.sample_market(), "2014-09-17", "2014-12-31", kinds=("fixed", "drawdown")
    ... )
    >>> table[["max_drawdown", "reviews"]].round(3)
              max_drawdown  reviews
    kind
    fixed           -0.008        0
    drawdown        -0.008        3
    """
    if not strategy.sleeves:
        raise StrategyError("compare_sharing: the strategy has no sleeves; add [[sleeves]]")
    rows: dict[str, dict[str, object]] = {}
    for one in kinds:
        own = strategy.sharing.kind == one
        sharing = one if isinstance(one, Sharing) else {"kind": one}
        changed = strategy if own else strategy.change({"sharing": sharing})
        if changed.sharing.kind in rows:
            raise StrategyError(f"compare_sharing: the kind {changed.sharing.kind} comes twice")
        rows[changed.sharing.kind] = _row(complete(prepare(changed, market, start, end)))
    table = pd.DataFrame.from_dict(rows, orient="index")
    table.index.name = "kind"
    return table


def _row(result: Result) -> dict[str, object]:
    """Return the figures of one run."""
    ledger, told = result.ledger, result.summary()
    inside = ledger.iloc[1:]
    margin = inside["margin_required"] / inside["equity"]
    daily, of_ledger = daily_returns(ledger), LedgerFigures(ledger)
    figures = {name: told[key].value for name, key in _OF_SUMMARY.items()}
    reviews, changes = _reviews(result.sharing)
    return {
        **figures,
        "correlation": float(daily["net"].corr(daily["index"])),
        "margin_mean": float(margin.mean()),
        "margin_largest": float(margin.max()),
        "turnover": of_ledger.annual_turnover(),
        "costs_per_year": float(of_ledger.costs()["per_year"][list(line_names("cost"))].sum()),
        "reviews": reviews,
        "changes": changes,
    }


def _reviews(table: pd.DataFrame) -> tuple[int, int]:
    """Return the number of reviews and of those that changed a share."""
    if table.empty:
        return 0, 0
    wide = table.pivot_table("share", "date", "sleeve", observed=True)
    before = wide.shift(1).fillna(1.0)
    return len(wide), int((wide != before).any(axis=1).sum())
