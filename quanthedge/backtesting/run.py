"""One run from end to end: targets, betas, hedge, ledger, fund, result."""

import logging
from collections.abc import Callable
from functools import lru_cache
from typing import Any, NamedTuple

import numpy as np
import pandas as pd

from quanthedge.attribution import attribution_tables
from quanthedge.backtesting.alpha_notes import alpha_notes
from quanthedge.backtesting.capital import check_capital
from quanthedge.backtesting.contract_notes import Missed, contract_notes, missed_contracts
from quanthedge.backtesting.execute import book_tables, run_fund_of, run_variant
from quanthedge.backtesting.first_run import saying_so
from quanthedge.backtesting.hedge_leg import known_returns
from quanthedge.backtesting.holding_names import holding_names
from quanthedge.backtesting.kept import kept_ledger
from quanthedge.backtesting.layer_notes import layer_notes
from quanthedge.backtesting.narrative import timeline
from quanthedge.backtesting.notes import (
    client_notes,
    fee_notes,
    own_code_notes,
    run_notes,
    winding_up_notes,
)
from quanthedge.backtesting.optimiser_notes import optimiser_notes
from quanthedge.backtesting.plan import Prepared, prepare
from quanthedge.backtesting.request import request, versions
from quanthedge.backtesting.result import Result
from quanthedge.backtesting.risk_stage import fitted_risk, risk_model_of, risk_tables
from quanthedge.backtesting.table_notes import table_notes
from quanthedge.backtesting.tried import counted
from quanthedge.beta import book_betas
from quanthedge.comparison import Products, remark, variant_name
from quanthedge.errors import DataError, StrategyError
from quanthedge.fund import FundRun
from quanthedge.kinds import OwnCode
from quanthedge.ledger import LedgerInputs, LedgerRecord
from quanthedge.logs import logged_stages
from quanthedge.market import Market
from quanthedge.performance import market_tables
from quanthedge.progress import telling
from quanthedge.record import Record, RunVariant, made_when_read
from quanthedge.signals import GivenTable
from quanthedge.strategy import Strategy, variant_names
from quanthedge.typing import Floats, Ints, Tell
from quanthedge.words import Bilingual

__all__ = ["backtest", "complete", "finished", "prepared_run"]

_log = logging.getLogger(__name__)
_PRO_FORMA_DAYS = 60  # trading days of the regression of today's holdings

# share of a run that is over when a stage begins, with its tables, compiled code at hand
_STEPS = {
    "selecting stocks": 0.05,
    "estimating betas, looking up rules and contracts": 0.25,
    "running the ledger": 0.6,
    "drawing up the accounts": 0.75,
}
_OF_SOME = ("ungated", "stocks_alone")


def backtest(
    strategy: Strategy,
    market: Market,
    start: str | None = None,
    end: str | None = None,
    *,
    variants: tuple[str, ...] = (),
    tell: Tell | None = None,
) -> Result:
    """Run a strategy on a market and return everything that happened.

    Parameters
    ----------
    strategy : Strategy
    market : Market
    start, end : date, optional
        First and last day of the fund; the first trade is done on ``start`` from what was known at
        the close before.
        By default the whole market, from the later of the strategy's longest look-back and the
        listing of the futures that it sells.
    variants : tuple of str
        Variants of the strategy to be run on the same data and dates beside it, by name or "all":
        see :func:`quanthedge.strategy.variants.variant`. One that is the strategy itself is not run
        again; under "all", one that these data cannot carry is left out and named in the notes.
    tell : callable, optional
        Called with a short text at the beginning of each stage.

    Raises
    ------
    DataError
        When the dates are outside the data, or a price that the ledger needs is missing.
    StrategyError
        When the universe is empty on a rebalance day, or the capital does not buy one lot.
    RuleError
        When the rule book does not cover the dates.
    LedgerError
        When the engine breaks one of its promises.

    Examples
    --------
    >>> import quanthedge as qh
    >>> market = qh.sample_market()
    >>> strategy = qh.load_strategy("market_neutral", ["selector.n=30"])
    >>> result = qh.backtest(strategy, market, "2014-09-17", "2014-12-31")
    >>> result.summary()["max_drawdown_net"].text()
    '-1.33%'
    """
    variant_names(variants)
    with telling("backtest", steps=_STEPS) as shown, logged_stages(_log, tell or shown) as say:
        prepared = prepare(strategy, market, start, end, tell=say)
        return finished(prepared, variants, tell=say)


def finished(
    prepared: Prepared,
    variants: tuple[str, ...] = (),
    fund: FundRun | None = None,
    *,
    trial: bool = True,
    tell: Tell | None = None,
) -> Result:
    """Return everything that happened, with variants and products, counted as a trial.

    Parameters
    ----------
    prepared : Prepared
    variants : tuple of str
        See :func:`backtest`.
    fund : FundRun, optional
        What the ledger recorded, where it has run already.
    trial : bool
        Whether it is a trial: not where a run only goes on.
    tell : callable, optional
    """
    strategy, market = prepared.strategy, prepared.market
    names, products = variant_names(variants), Products.unit_values(strategy.comparison)
    result = complete(prepared, tell=tell) if fund is None else _result(prepared, fund)
    if strategy.layers.gated:  # always beside it
        names = tuple(dict.fromkeys((*names, "ungated")))
    if strategy.sleeves and strategy.invested_fraction > 0:
        names = tuple(dict.fromkeys((*names, "stocks_alone")))
    found, notes = _run_variants(prepared, names, strict="all" not in variants, tell=tell)
    result = result.changed(variants=found)
    return result.changed(
        unit_values=products,
        notes=result.notes + notes,
        request=request(variants, products, result.own_code, result.own_tables),
        trials=counted(result, market) if trial else None,
    )


def prepared_run(
    strategy: Strategy, market: Market, start: str | None = None, end: str | None = None
) -> tuple[Prepared, FundRun]:
    """Return what the ledger was given and what it recorded, without the tables for readers.

    Parameters and errors are those of :func:`backtest`.
    """
    prepared = prepare(strategy, market, start, end)
    return prepared, run_fund_of(prepared)


def complete(prepared: Prepared, *, tell: Tell | None = None) -> Result:
    """Run the ledger on what was prepared and return everything that happened.

    Parameters and errors are those of :func:`backtest`; neither variants nor products named for
    comparison are in the result.
    """
    say = saying_so(tell or (lambda _text: None))
    say("running the ledger")
    fund = run_fund_of(prepared)
    say = tell or (lambda _text: None)
    check_capital(prepared, fund.record.refusals, fund.record.ledger)
    say("drawing up the accounts")
    return _result(prepared, fund)


def _run_variants(
    prepared: Prepared, names: tuple[str, ...], *, strict: bool, tell: Tell | None
) -> tuple[dict[str, RunVariant], list[Bilingual]]:
    """Run variants on the same data and dates; say which are the strategy itself or left out."""
    say: Tell = tell or (lambda _text: None)
    found, notes = {}, []
    for name in names:
        if name in _OF_SOME and not strict and prepared.strategy.is_itself(name):
            continue  # no variant of a strategy without an allocation, or without sleeves
        if prepared.strategy.is_itself(name):
            kind = "itself_levered" if prepared.strategy.borrows() else "itself"
            kind = {"ungated": "itself_whole", "stocks_alone": "itself_alone"}.get(name, kind)
            notes.append(_variant_note(kind, name))
            continue
        say(f"running the variant {name}")
        try:
            found[name] = run_variant(prepared, name)
        except (DataError, StrategyError) as error:
            if strict:
                raise type(error)(f"variant {name}: {error}") from error
            notes.append(_variant_note("left_out", name, reason=str(error)))
    return found, notes


def _variant_note(kind: str, name: str, **values: object) -> Bilingual:
    english, chinese = (
        remark(kind, title=variant_name(name, language), **values) for language in ("en", "zh")
    )
    return {**english, "zh": chinese["zh"]}


def _result(prepared: Prepared, fund: FundRun) -> Result:
    """Turn the ledger's record into tables, with everything that a reader must know."""
    record = fund.record
    strategy, market, inputs = prepared.strategy, prepared.market, prepared.inputs
    first, dates, selection = prepared.first, prepared.dates, prepared.selection
    tables: dict[str, Any] = book_tables(prepared, record)
    tables["positions"]["name"] = holding_names(tables["positions"], market.stock_names())
    books = _books(record, inputs)
    tables["hedge"] = _hedge_table(tables["ledger"], books, inputs)
    missed = missed_contracts(
        prepared.leg.schedules, tables["contracts"], dates[1 : record.days_run + 1]
    )
    notes = run_notes(prepared, record, {**tables, "rules": prepared.rules})
    notes += contract_notes(strategy, market, missed, tables["trades"])
    code, tables_given = OwnCode.of(strategy).texts(), GivenTable.kept_of(strategy)
    state, past = kept_ledger(prepared, record)
    notes += own_code_notes(strategy) + table_notes(prepared)
    notes += alpha_notes(prepared) + optimiser_notes(prepared) + layer_notes(prepared)
    notes += client_notes(fund) + fee_notes(strategy) + winding_up_notes(prepared, fund)
    return Result(
        **tables | _read_later(prepared, tables["hedge"], books, record.days_run),
        targets=selection.targets.to_frame(),
        exclusions=selection.exclusions,
        indices=_indices(market, first, record.days_run),
        unit_values=Products.unit_values(()),
        investors=fund.events,
        investor_values=fund.values,
        investor_lots=fund.lots,
        class_values=fund.class_values,
        investor_days=fund.investor_days,
        coverage=selection.coverage,
        trainings=selection.training,
        decisions=selection.decisions,
        allocation=prepared.allocation,
        expected=prepared.expected,
        sharing=prepared.sharing,
        rules=prepared.rules,
        strategy=strategy,
        market_info={
            "name": market.name,
            "fingerprint": market.fingerprint,
            "stocks": len(market.codes),
            "data_start": str(market.dates[0]),
            "data_end": str(market.dates[-1]),
            "benchmark": strategy.benchmark,
            "start": str(dates[1]),
            "end": str(dates[-1]),
        },
        versions=versions(),
        timeline=timeline(
            strategy, dates[1 : record.days_run + 1], _amiss(missed), prepared.leg.timing
        ),
        notes=notes,
        request=request((), Products.unit_values(()), code, tables_given),
        own_code=code,
        own_tables=tables_given,
        state=state,
        past=past,
    )


def _read_later(
    prepared: Prepared, hedge: pd.DataFrame, books: "_Books", days_run: int
) -> dict[str, pd.DataFrame]:
    """Return the tables of attribution, which are made when first read, by name.

    What was prepared is not held on to: its panels are large, and many results may be kept.
    """
    market, strategy, first = prepared.market, prepared.strategy, prepared.first
    model = risk_model_of(strategy)
    fitted = None if model is None else lambda: fitted_risk(market, model)
    risk = lru_cache(maxsize=1)(lambda run: risk_tables(run, market))
    make: dict[str, Callable[[Record], pd.DataFrame]] = {
        "hedge": lambda _: _with_pro_forma(hedge, books, strategy, market, first, days_run),
        **market_tables(market, model, fitted),
        **attribution_tables(market),
        "risk_forecasts": lambda run: risk(run)[0],
        "risk_parts": lambda run: risk(run)[1],
    }
    return {name: made_when_read(one) for name, one in make.items()}


def _amiss(missed: Missed | None) -> tuple[int, int]:
    """Days on which another contract was held than asked for, and all days."""
    return (0, 0) if missed is None else (len(missed.substituted + missed.unhedged), missed.days)


def _indices(market: Market, first: int, days: int) -> pd.DataFrame:
    """Return the closes of every index on the days of the ledger, NaN before an index begins."""
    span = slice(first - 1, first + days)
    dates = pd.DatetimeIndex(market.dates[span].astype("datetime64[ms]"), name="date")
    return pd.DataFrame(
        {code: market.index_close(code)[span] for code in market.index_codes()}, index=dates
    )


def _hedge_table(ledger: pd.DataFrame, books: "_Books", inputs: LedgerInputs) -> pd.DataFrame:
    """Return each recorded day's book: beta used, contract, lots."""
    beta = inputs.hedge.beta[0, books.day, books.stocks, 0]
    unknown = np.bincount(
        np.searchsorted(books.days, books.day),
        weights=np.where(np.isnan(beta), books.values, 0.0),
        minlength=len(books.days),
    )
    total = np.bincount(
        np.searchsorted(books.days, books.day), weights=books.values, minlength=len(books.days)
    )
    rows = ledger.iloc[books.days + 1]
    return pd.DataFrame(
        {
            "date": rows.index,
            "contract": rows["contract"].array,
            "lots": rows["lots"].array,
            "stock_value": rows["stock_value"].array,
            "futures_notional": rows["futures_notional"].array,
            "book_beta": rows["book_beta"].array,
            "share_default_beta": np.divide(
                unknown, total, out=np.zeros(len(books.days)), where=total > 0
            ),
        }
    )


def _with_pro_forma(
    table: pd.DataFrame,
    books: "_Books",
    strategy: Strategy,
    market: Market,
    first: int,
    days_run: int,
) -> pd.DataFrame:
    """Return the table of the hedge with the pro-forma beta of each book and its error."""
    begin, stop = max(0, first - _PRO_FORMA_DAYS), first + days_run
    fitted = book_betas(
        np.asarray(market.panel("simple_return")[begin:stop]),
        known_returns(strategy, market)[begin:stop, 0],
        books.days + first - 1 - begin,
        books.pointer,
        books.stocks,
        np.nan_to_num(books.values),
        window=_PRO_FORMA_DAYS,
        min_observations=40,
    )
    own = {
        "pro_forma_beta": fitted.beta,
        "standard_error": fitted.standard_error,
        "observations": fitted.observations,
    }
    last = ["share_default_beta"]
    return table.drop(columns=last).assign(**own).join(table[last])


class _Books(NamedTuple):
    """Holdings on the recorded days: the days, where each begins, and day, stock, yuan of each."""

    days: Ints
    pointer: Ints
    day: Ints
    stocks: Ints
    values: Floats


def _books(record: LedgerRecord, inputs: LedgerInputs) -> _Books:
    positions = record.positions_of_account()
    days, starts = np.unique(positions[:, 0].astype(np.int64), return_index=True)
    day, stocks = positions[:, 0].astype(np.int64), positions[:, 1].astype(np.int64)
    values = positions[:, 2] * inputs.bars.mark[day, stocks]
    return _Books(days, np.append(starts, len(positions)).astype(np.int64), day, stocks, values)
