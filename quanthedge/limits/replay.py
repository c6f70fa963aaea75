"""The replay of all limits over a run."""

from typing import Any, Protocol

import pandas as pd

from quanthedge.limits.fund import fund_lines, stock_lines
from quanthedge.limits.futures import futures_lines
from quanthedge.limits.line import COLUMNS
from quanthedge.limits.margin import margin_lines

__all__ = ["Recorded", "replay_limits"]


class Recorded(Protocol):
    """What is read of a result."""

    @property
    def ledger(self) -> pd.DataFrame:
        """One row a day, the opening balances first."""
        ...

    @property
    def trades(self) -> pd.DataFrame:
        """Orders done."""
        ...

    @property
    def refusals(self) -> pd.DataFrame:
        """Orders not done, and why."""
        ...

    @property
    def positions(self) -> pd.DataFrame:
        """Holdings on the recorded days."""
        ...

    @property
    def contracts(self) -> pd.DataFrame:
        """Lots of contracts held or traded on each day."""
        ...

    @property
    def strategy(self) -> dict[str, Any]:
        """The strategy with every default."""
        ...


def replay_limits(run: Recorded) -> pd.DataFrame:
    """Return how near a run came to each limit in force, a row for each limit and spell.

    Parameters
    ----------
    run : Result

    Returns
    -------
    DataFrame
        limit (its key), product, start and end (trading days of the run on which it was in force),
        standing (``binding``; ``exempt``: in force, but not for this account; ``yardstick``: a rule
        of public funds or of a fund contract, which may not bind this fund; ``later``: such a rule
        that came after the run; ``own``: set by the strategy; ``assumed``: a quota taken for
        granted; ``none``: no such rule at the time), sense (at_most, at_least), unit (lots, share,
        days), level, nearest and its first date, headroom (below 0: beyond), days_at_or_beyond of
        days, refused (lots of futures, orders of stocks) on refused_days, source (ids of the rule
        book, or "contract": contracts of public funds) and confidence.

    Notes
    -----
    Only what the run recorded is used: ledger and contracts of every day, all trades and refusals,
    holdings every five days and on rebalance days. Lots refused count again on each day on which
    they are refused. Exempt limits show what a speculative account would have met.
    """
    strategy, ledger = run.strategy, run.ledger
    hedge = strategy.get("hedge") or {}
    wanted = hedge.get("product", "IF")
    products = [wanted] if isinstance(wanted, str) else list(wanted)
    days = pd.DatetimeIndex(ledger.index[1:])
    lines: list[dict[str, Any]] = []
    if (ledger["lots"] != 0).any() or (len(run.contracts) > 0):
        for product in products:
            lines += futures_lines(
                product, hedge.get("account", "hedging"), hedge.get("quota_lots"), days,
                run.trades, run.refusals, run.contracts,
            )  # fmt: skip
        call = float((strategy.get("accounts") or {}).get("margin_call", 1.2))
        lines += margin_lines(ledger, run.trades, run.refusals, call, products[0])
    own = hedge.get("range")
    lines += fund_lines(
        ledger, run.trades, run.positions, None if own is None else (own[0], own[1])
    )
    execution = strategy.get("execution") or {}
    lines += stock_lines(
        run.refusals,
        run.positions,
        days,
        float(execution.get("participation", 0.0)),
        float(execution.get("participation_open", 0.0)),
        getattr(run, "rules", pd.DataFrame()),
    )
    return pd.DataFrame(lines, columns=list(COLUMNS))
