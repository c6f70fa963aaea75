"""The replay of all limits over a run."""

from typing import Any

import pandas as pd

from quanthedge.limits.fund import fund_lines, stock_lines
from quanthedge.limits.futures import futures_lines
from quanthedge.limits.line import COLUMNS
from quanthedge.limits.margin import margin_lines
from quanthedge.record import Record

__all__ = ["replay_limits"]


def replay_limits(run: Record) -> pd.DataFrame:
    """Return how near a run came to each limit in force, a row for each limit and spell.

    Parameters
    ----------
    run : Record

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
    hedge, execution = strategy.hedge, strategy.execution
    days = pd.DatetimeIndex(ledger.index[1:])
    lines: list[dict[str, Any]] = []
    if (ledger["lots"] != 0).any() or (len(run.contracts) > 0):
        for product in hedge.products:
            lines += futures_lines(
                product, hedge.account, hedge.quota_lots, days,
                run.trades, run.refusals, run.contracts,
            )  # fmt: skip
        call, first = strategy.accounts.margin_call, hedge.products[0]
        lines += margin_lines(ledger, run.trades, run.refusals, call, first)
    lines += fund_lines(ledger, run.trades, run.positions, run.contracts, hedge.range)
    lines += stock_lines(
        run.refusals,
        run.positions,
        days,
        execution.participation,
        execution.participation_open,
        run.rules,
    )
    return pd.DataFrame(lines, columns=list(COLUMNS))
