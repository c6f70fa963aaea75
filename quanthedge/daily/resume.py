"""A run that goes on: yesterday's state of the ledger, and the days that the market has more.

The ledger is one function from a state and a day's inputs to the next state. A run folder keeps the
state by names and a digest of what the ledger was given on each day; here the state is laid onto
the inputs of a market that has grown, the new days are run, and their rows stand behind the old
ones. The result is, bit for bit, that of a run in one go on the grown market. What makes this true
is asked for and not assumed: strategy, versions and code are those of the run, and every digest of
the days already run is what it was, else the difference is named and nothing is run.

The books of investors (clients, a hurdle, a winding up) are not kept: for them the days already run
are run once more, and have to give the rows that the run has.
"""

from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from quanthedge.backtesting import (
    Prepared,
    Result,
    finished,
    names_of,
    prepare,
    run_fund_of,
    versions,
)
from quanthedge.errors import DataError
from quanthedge.fund import FundRun
from quanthedge.kinds import OwnCode
from quanthedge.ledger import (
    LedgerRecord,
    Past,
    record_from_tables,
    run_ledger,
)
from quanthedge.market import Market
from quanthedge.record import differences, wanted
from quanthedge.stages import code_digest
from quanthedge.strategy import Strategy
from quanthedge.typing import Tell

__all__ = ["check_maker", "check_past", "kept", "resume"]

_LEDGER = ("ledger", "trades", "refusals", "positions", "contracts", "restated", "sleeves")


def resume(
    run: Result | str | Path,
    market: Market,
    end: str | None = None,
    *,
    strategy: Strategy | None = None,
    tell: Tell | None = None,
) -> Result:
    """Return a run with the days that the market has more: the same as if it had run in one go.

    Parameters
    ----------
    run : Result or path
        The run of yesterday, or its folder.
    market : Market
        The market of the run with more days; stocks, contracts and actions may have come too.
    end : date, optional
        Last day; the market's by default.
    strategy : Strategy, optional
        What the run is thought to be of; another one is refused. Only its clients may have placed
        further orders, of days that have not been run yet.
    tell : callable, optional
        Called with a short text at the beginning of each stage.

    Raises
    ------
    DataError
        The run keeps no state, has ended, is of another strategy, code or version; the market has
        no more days, or knows of the days already run something else than it did (what, and from
        which day on).

    Examples
    --------
    >>> import quanthedge as qh
    >>> market = qh.sample_market()
    >>> strategy = qh.load_strategy("market_neutral", ["selector.n=30"])
    >>> result = qh.backtest(strategy, market, "2014-09-17", "2014-12-31")
    >>> longer = qh.resume(result, market, "2015-01-09")
    >>> str(longer.ledger.index[-1].date())
    '2015-01-09'
    """
    say = tell or (lambda _text: None)
    earlier = run if isinstance(run, Result) else Result.open(run)
    kept(earlier)
    check_maker(earlier, strategy)
    last = _last_day(earlier, market, end)
    start = earlier.market_info["start"]
    prepared = prepare(strategy or earlier.strategy, market, start, last, tell=say)
    check_past(earlier, prepared)
    say("running the ledger")
    fund = _with_books(earlier, prepared) if _has_books(prepared) else _gone_on(earlier, prepared)
    say("drawing up the accounts")
    variants = tuple(earlier.request["variants"])
    # the same fund a day later is no other trial: nothing was chosen
    result = finished(prepared, variants, fund, trial=False, tell=say)
    return result.changed(trials=earlier.trials)


def kept(earlier: Result) -> tuple[dict[str, Any], pd.DataFrame]:
    """Return the ledger's state that a run keeps, and the digests of its past.

    Raises
    ------
    DataError
        It keeps none.
    """
    if earlier.state is None or earlier.past is None:
        raise DataError(
            "the run keeps no state of the ledger (its fund became insolvent, or it was made "
            "without one): it cannot go on; run it again"
        )
    return earlier.state, earlier.past


def check_maker(earlier: Result, strategy: Strategy | None) -> None:
    """Refuse a run of another strategy than asked for, or made by other code than this.

    Raises
    ------
    DataError
        Strategy, versions or code differ.
    """
    dates = {"fingerprint": "", "start": "", "end": ""}
    made = wanted(earlier.strategy, dates, earlier.versions, earlier.request)
    now = wanted(
        _with_clients_of(strategy or earlier.strategy, earlier.strategy),
        dates,
        versions(),
        earlier.request | {"code": code_digest(), "own_code": _own_digests(earlier)},
    )
    unlike = differences(made, now)
    if unlike:
        raise DataError(
            f"the run to go on from is another ({unlike}); its figures would not be those of one "
            "run: run it again from its start"
        )


def _with_clients_of(strategy: Strategy, earlier: Strategy) -> Strategy:
    """Return a strategy with another's clients where both have some: orders come month by month.

    Whether they change what has been is seen by the books, which are kept again.
    """
    if strategy.clients is None or earlier.clients is None:
        return strategy
    return strategy.model_copy(update={"clients": earlier.clients})


def _own_digests(earlier: Result) -> dict[str, str]:
    from hashlib import sha256

    texts = OwnCode.of(earlier.strategy).texts()
    return {name: sha256(text.encode("utf-8")).hexdigest() for name, text in texts.items()}


def _last_day(earlier: Result, market: Market, end: str | None) -> str:
    """Return the last day of the run that goes on."""
    done = earlier.ledger.index[-1].to_datetime64().astype("datetime64[D]")
    place = int(np.searchsorted(market.dates, done))
    if place == len(market.dates) or market.dates[place] != done:
        raise DataError(
            f"the run ends on {done}, which is no day of the market '{market.name}' "
            f"({market.dates[0]} to {market.dates[-1]})"
        )
    last = market.dates[-1] if end is None else market.dates[market.span(market.dates[0], end)[1]]
    if last <= done:
        raise DataError(
            f"the run is up to date: it ends on {done}, and there is no later day by {last} in the "
            f"market '{market.name}'"
        )
    if str(done) < earlier.market_info["end"]:
        raise DataError(f"the fund of the run ended on {done}: there is nothing to go on with")
    return str(last)


def check_past(earlier: Result, prepared: Prepared) -> None:
    """Refuse a market that knows other things of the days already run.

    Raises
    ------
    DataError
        Something of these days is other than it was; or the run keeps no state.
    """
    state, past = kept(earlier)
    revised = Past(prepared.inputs, names_of(prepared)).revised(
        past.drop(columns="book_return"), state["codes"].split(), state["contracts"]
    )
    if revised:
        raise DataError(
            f"market '{prepared.market.name}': the update revises the past of the run: {revised}; "
            "run it again from its start to have its figures by these data"
        )


def _has_books(prepared: Prepared) -> bool:
    """Whether the books of investors are kept beside the ledger."""
    strategy = prepared.strategy
    closing = strategy.fund.last_business_day(prepared.dates[1:])
    return not (strategy.clients is None and strategy.fund.hurdle is None and closing is None)


def _gone_on(earlier: Result, prepared: Prepared) -> FundRun:
    """Run the new days from the kept state, behind the rows of the days before."""
    names = names_of(prepared)
    document, past = kept(earlier)
    own = past["book_return"].to_numpy(dtype=np.float64)[1:]
    state, first = names.state_laid(document, own, prepared.inputs)
    tables = {name: getattr(earlier, name) for name in _LEDGER}
    before = record_from_tables(tables, state, prepared.inputs, names)
    piece = run_ledger(prepared.inputs, state, first)
    rows = before.ledger
    rows[first : piece.days_run] = piece.ledger[first : piece.days_run]
    return FundRun.without_clients(LedgerRecord.joined([before, piece], rows), prepared.dates[1:])


def _with_books(earlier: Result, prepared: Prepared) -> FundRun:
    """Run all days again with the books of investors, which must give the rows of the run."""
    fund = run_fund_of(prepared)
    names = names_of(prepared)
    tables = {name: getattr(earlier, name) for name in _LEDGER}
    state = fund.record.state
    before = record_from_tables(tables, state, prepared.inputs, names)
    done = before.days_run
    same = np.array_equal(fund.record.ledger[:done], before.ledger[:done], equal_nan=True)
    trades = fund.record.trades[fund.record.trades[:, 0] < done]
    if not same or not np.array_equal(trades, before.trades):
        raise DataError(
            "the books of the investors do not give the rows that the run has (orders, fees or an "
            "end of the fund that it did not know of): run it again from its start"
        )
    return fund
