"""From a preparation to a ledger: of the strategy itself, and of its variants on the same data."""

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from quanthedge.backtesting.plan import Prepared, prepare
from quanthedge.fund import Clients, FundRun
from quanthedge.ledger import LedgerRecord, run_ledger
from quanthedge.portfolio import TopSelector
from quanthedge.record import RunVariant, VariantTerms
from quanthedge.strategy import EVERY_MEMBER, Strategy

__all__ = ["benchmark", "book_tables", "has_events", "run_fund_of", "run_variant"]


def run_variant(known: Prepared, name: str) -> RunVariant:
    """Run a variant of a prepared strategy on the same market and days.

    The stages that the variant has in common with the strategy are not worked out again.

    Raises
    ------
    DataError, StrategyError, RuleError
        As :func:`quanthedge.backtest`; for instance when the market has no members of the index.
    """
    strategy = known.strategy.variant(name)
    start, end = str(known.dates[1]), str(known.dates[-1])
    prepared = prepare(strategy, known.market, start, end)
    record = run_fund_of(prepared).record
    tables = book_tables(prepared, record)
    kept = tables if name == "ungated" else {}
    return RunVariant(name, tables["ledger"], _terms(prepared, record, tables), kept)


def _terms(
    prepared: Prepared, record: LedgerRecord, tables: dict[str, pd.DataFrame]
) -> VariantTerms:
    """Return what a variant is, and what its accounts went through."""
    strategy, ledger, trades = prepared.strategy, tables["ledger"], tables["trades"]
    accounts = strategy.accounts
    level = accounts.margin_call * ledger["margin_required"]
    called = (level > 0.0) & (ledger["futures_cash"] < level)
    cut = trades.loc[trades["reason"] == "margin_cut", "date"]
    gone = record.insolvent_day is not None
    return {
        "stocks": strategy.invested_fraction,
        "loan": accounts.borrowed,
        "loan_rate": accounts.borrowing_rate,
        "hedged": strategy.hedge.ratio != 0.0,
        "index": getattr(strategy.universe, "index", "") if _holds_index(strategy) else "",
        "called_days": int(called.sum()),
        "cut_days": int(cut.nunique()),
        "insolvent": f"{ledger.index[-1]:%Y-%m-%d}" if gone else "",
    }


def _holds_index(strategy: Strategy) -> bool:
    """Return whether the stocks are all members of the index."""
    selector = strategy.selector
    return isinstance(selector, TopSelector) and selector.n == EVERY_MEMBER


def book_tables(prepared: Prepared, record: LedgerRecord) -> dict[str, pd.DataFrame]:
    """Return the ledger's record as tables, with the closes of the benchmark."""
    market, first = prepared.market, prepared.first
    tables = record.tables(
        prepared.dates,
        market.codes,
        prepared.leg.contracts,
        prepared.inputs.bars.mark,
        prepared.inputs,
        sleeve_labels(prepared.strategy),
    )
    tables["ledger"]["index_close"] = benchmark(prepared)[first - 1 : first + record.days_run]
    return tables


def sleeve_labels(strategy: Strategy) -> tuple[str, ...]:
    """Return the labels of a fund's sleeves, its own stocks first; none where there is no other."""
    return ("stocks", *(one.label for one in strategy.sleeves)) if strategy.sleeves else ()


def benchmark(prepared: Prepared) -> NDArray[np.float64]:
    """Return the closes of the benchmark, [T]; NaN where the data lack the one by default."""
    market, code = prepared.market, prepared.strategy.benchmark
    usual = Strategy.model_fields["benchmark"].default
    if code == usual and code not in market.index_codes():
        return np.full(len(market.dates), np.nan)
    return market.index_close(code)


def has_events(prepared: Prepared) -> bool:
    """Return whether the fund's investors come and go, or its terms ask for its books to close."""
    terms = prepared.strategy.fund
    return (
        prepared.strategy.clients is not None
        or terms.hurdle is not None
        or terms.last_business_day(prepared.dates[1:]) is not None
    )


def run_fund_of(prepared: Prepared) -> FundRun:
    """Run the ledger in one go, or from event to event of the fund's investors."""
    strategy, inputs, hurdle = prepared.strategy, prepared.inputs, prepared.strategy.fund.hurdle
    clients, days = strategy.clients, prepared.dates[1:]
    if not has_events(prepared):
        return FundRun.without_clients(run_ledger(inputs, reigns=prepared.reigns), days)
    grown = None
    if hurdle is not None:
        index = prepared.market.index_close(strategy.benchmark)
        span = slice(prepared.first - 1, prepared.first - 1 + prepared.dates.size)
        grown = hurdle.path(prepared.dates.astype("datetime64[D]"), index[span])
    # the books of the investors charge the performance fee, not the ledger
    fund = inputs.fund._replace(performance_rate=0.0)
    return FundRun.of(
        inputs._replace(fund=fund),
        clients or Clients(),
        strategy.fund,
        days,
        inputs.fund.fee_day,
        grown,
        prepared.reigns,
    )
