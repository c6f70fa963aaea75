"""One run from end to end: targets, betas, hedge, ledger, fund, result."""

import platform
from collections.abc import Callable
from importlib.metadata import version
from typing import NamedTuple

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from quanthedge.alpha import scores
from quanthedge.beta import book_betas, index_returns, rolling_ols
from quanthedge.errors import DataError, StrategyError
from quanthedge.fund import crystallisation_flags
from quanthedge.hedge import ContractSchedule, contract_schedule, hedge_days
from quanthedge.ledger import (
    ActionBook,
    Bars,
    FundNumbers,
    FutureBook,
    LedgerInputs,
    LedgerRecord,
    Settings,
    StockBook,
    TargetBook,
    TaxBook,
    ledger_tables,
    run_ledger,
)
from quanthedge.ledger.actions import ActionUse, action_book, no_actions, no_tax, tax_book
from quanthedge.market import Market
from quanthedge.narrative import timeline
from quanthedge.notes import run_notes
from quanthedge.portfolio import Targets
from quanthedge.result import Result
from quanthedge.rules import FuturesRules, StockRules, dividend_tax, futures_rules, stock_rules
from quanthedge.strategy import Strategy

__all__ = ["backtest"]

Floats = NDArray[np.float64]
Tell = Callable[[str], None]
_FILL = {"open": 0, "vwap": 1, "close": 2}
_METHOD = {"bottom_up": 0, "top_down": 1}


class _Actions(NamedTuple):
    """Corporate actions of the span as the ledger takes them."""

    book: ActionBook
    tax: TaxBook
    adj_factor: Floats
    use: ActionUse | None
    rules: pd.DataFrame | None


class _Selection(NamedTuple):
    """What the selector wants, and what it left out."""

    targets: Targets
    exclusions: pd.DataFrame
    coverage: pd.DataFrame


def backtest(
    strategy: Strategy,
    market: Market,
    start: str | None = None,
    end: str | None = None,
    *,
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
        By default the whole market, after the longest look-back of the strategy.
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
    """
    say: Tell = tell or (lambda _text: None)
    first, last = _span(strategy, market, start, end)
    say("selecting stocks")
    selection = _select(strategy, market, first, last)
    say("estimating betas")
    beta = _betas(strategy, market, first, last)
    say("looking up rules and contracts")
    dates = market.dates[first - 1 : last + 1]
    stocks = stock_rules(dates[1:], market.codes, _list_dates(market))
    futures = futures_rules(strategy.hedge.product, dates[1:], account=strategy.hedge.account)
    schedule = contract_schedule(
        market,
        strategy.hedge.product,
        first,
        last,
        roll_days=strategy.hedge.roll_days,
        fill=strategy.execution.fill,
    )
    actions = _actions(strategy, market, first, last)
    inputs = _inputs(
        strategy, market, first, last, selection.targets, beta, stocks, futures, schedule, actions
    )
    say("running the ledger")
    record = run_ledger(inputs)
    _check_capital(strategy, market, first, record, inputs)
    say("drawing up the accounts")
    tables = ledger_tables(
        record, dates, market.codes, schedule.contracts, inputs.bars.mark, inputs
    )
    tables["ledger"]["index_close"] = market.index_close(strategy.benchmark)[
        first - 1 : first + record.days_run
    ]
    hedge = _hedge_table(market, strategy, first, tables["ledger"], record, inputs)
    used = [stocks.used, futures.used, *([] if actions.rules is None else [actions.rules])]
    rules = pd.concat(used, ignore_index=True)
    return Result(
        **tables,
        hedge=hedge,
        targets=selection.targets.to_frame(),
        exclusions=selection.exclusions,
        coverage=selection.coverage,
        rules=rules,
        strategy=strategy.model_dump(mode="json"),
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
        versions=_versions(),
        timeline=timeline(strategy, dates[1], dates[record.days_run]),
        notes=run_notes(
            strategy,
            market,
            first,
            record,
            schedule,
            {**tables, "hedge": hedge, "rules": rules},
            actions.use,
        ),
    )


def _span(
    strategy: Strategy, market: Market, start: str | None, end: str | None
) -> tuple[int, int]:
    """First and last day index of the fund."""
    warm_up = max(strategy.beta.window, 252) + 1
    if start is None and len(market.dates) <= warm_up:
        raise DataError(
            f"market {market.name}: {len(market.dates)} trading days, the strategy looks back over "
            f"{warm_up}; give --start to begin earlier, or a longer market"
        )
    begin = market.dates[warm_up] if start is None else start
    stop = market.dates[-1] if end is None else end
    first, last = market.span(begin, stop)
    if first == 0:
        raise DataError(
            f"start {begin}: is the first day of the data, but the first decision is made at the "
            f"close of the day before; choose a later start than {market.dates[0]}"
        )
    return first, last


def _select(strategy: Strategy, market: Market, first: int, last: int) -> _Selection:
    """Targets of every rebalance of the span."""
    rows = strategy.rebalance.decision_rows(market.dates, first, last)
    mask, exclusions = strategy.universe.mask(market, rows)
    graded, coverage = scores(market, strategy.factors, mask, rows, strategy.transforms)
    targets = strategy.selector.targets(
        market, graded, rows, invested_fraction=strategy.invested_fraction
    )
    return _Selection(targets, exclusions, coverage)


def _betas(strategy: Strategy, market: Market, first: int, last: int) -> Floats:
    """Stock betas known at each close from the day before the span on, [T + 1, N]."""
    begin = max(0, first - strategy.beta.window)
    returns = market.panel("simple_return")[begin:last]
    index = index_returns(market, strategy.beta.index)[begin:last]
    fitted = rolling_ols(returns, index, strategy.beta.window, strategy.beta.min_observations)
    return fitted.beta[first - 1 - begin :]


def _list_dates(market: Market) -> NDArray[np.datetime64]:
    """Return the listing date of each stock; NaT where it is before the calendar."""
    index = market.list_index()
    dates = np.full(index.size, np.datetime64("NaT"), dtype="datetime64[D]")
    inside = (index >= 0) & (index < len(market.dates))
    dates[inside] = market.dates[index[inside]]
    return dates


def _interest(market: Market, rate: float | str, first: int, last: int) -> Floats:
    """Interest a year of the days first - 1 .. last, [T + 1]."""
    if rate != "market":
        return np.full(last - first + 2, float(rate))
    rates = market.cash_rate()[first - 1 : last + 1]
    if np.isnan(rates).any():
        raise DataError(
            f"cash_rate: no rate by {market.dates[first - 1 + np.isnan(rates).argmax()]}; "
            "start later, or give accounts.stock_cash_rate as a fraction"
        )
    return np.asarray(rates, dtype=np.float64)


def _month_first(dates: NDArray[np.datetime64]) -> NDArray[np.bool_]:
    """Whether each day after the first of ``dates`` is the first trading day of its month."""
    months = dates.astype("datetime64[M]")
    return np.asarray(months[1:] != months[:-1])


def _inputs(
    strategy: Strategy,
    market: Market,
    first: int,
    last: int,
    targets: Targets,
    beta: Floats,
    stocks: StockRules,
    futures: FuturesRules,
    schedule: ContractSchedule,
    actions: _Actions,
) -> LedgerInputs:
    """Everything that the ledger is given."""
    span, wide = slice(first, last + 1), slice(first - 1, last + 1)
    dates = market.dates[wide]
    n_days = last - first + 1
    trade_days = targets.decision_rows + 1 - first
    rebalanced = np.zeros(n_days, dtype=np.bool_)
    rebalanced[trade_days] = True
    reviewed = hedge_days(n_days, strategy.hedge.every_days, trade_days)
    recorded = reviewed | rebalanced
    recorded[-1] = True
    bars = Bars(
        open=market.panel("open")[span],
        high=market.panel("high")[span],
        low=market.panel("low")[span],
        close=market.panel("close")[span],
        pre_close=market.panel("pre_close")[span],
        volume=market.panel("volume")[span],
        amount=market.panel("amount")[span],
        mark=market.panel("mark")[wide],
        adj_factor=actions.adj_factor,
        is_st=market.panel("is_st")[span],
        is_delisting=market.panel("is_delisting")[wide],
        listed=market.list_index() - first,
        delist=market.delist_index() - first,
    )
    stock_book = StockBook(
        stocks.board.astype(np.int64),
        stocks.exchange.astype(np.int64),
        *(getattr(stocks, name) for name in StockBook._fields[2:]),
    )
    future_book = FutureBook(
        fill_price=schedule.fill_price,
        settlement=np.vstack([schedule.opening_settlement, schedule.settlement_price]),
        last_day=schedule.last_day,
        hold=schedule.hold,
        multiplier=futures.multiplier,
        margin_rate=np.concatenate([futures.margin[:1], futures.margin]),
        fee_rate=futures.fee_rate,
        order_fee_yuan=futures.order_fee_yuan,
        delivery_fee_rate=futures.delivery_fee_rate,
    )
    terms = strategy.fund
    return LedgerInputs(
        days=np.diff(dates).astype(np.float64),
        stock_rate=_interest(market, strategy.accounts.stock_cash_rate, first, last),
        futures_rate=_interest(market, strategy.accounts.futures_cash_rate, first, last),
        index_return=index_returns(market, strategy.beta.index)[wide],
        beta=beta,
        hedge_day=reviewed,
        record_day=recorded,
        bars=bars,
        actions=actions.book,
        tax=actions.tax,
        stocks=stock_book,
        futures=future_book,
        targets=TargetBook(trade_days, targets.pointer, targets.stocks, targets.weights),
        fund=FundNumbers(
            terms.initial_unit_value,
            terms.management_fee_per_year,
            terms.custody_fee_per_year,
            terms.performance_fee_rate,
            terms.high_water_mark == "post_fee",
            crystallisation_flags(dates[1:], terms, calendar=market.calendar),
            _month_first(dates),
        ),
        settings=_settings(strategy),
    )


def _settings(strategy: Strategy) -> Settings:
    execution, costs, accounts = strategy.execution, strategy.costs, strategy.accounts
    return Settings(
        capital_yuan=strategy.capital_yuan,
        fill=_FILL[execution.fill],
        participation=execution.participation,
        retry_days=execution.retry_days,
        commission_rate=costs.commission_rate,
        commission_min_yuan=costs.commission_min_yuan,
        exchange_fees_included=costs.commission_includes_exchange_fees,
        slippage=costs.slippage_bp / 1e4,
        futures_slippage=costs.futures_slippage_bp / 1e4,
        cash_reserve=accounts.cash_reserve,
        recovery=execution.delisting_recovery,
        call_multiple=accounts.margin_call,
        target_multiple=accounts.margin_target,
        release_multiple=accounts.margin_release,
        hedge_ratio=strategy.hedge.ratio,
        beta_method=_METHOD[strategy.beta.method],
        default_beta=1.0,
        beta_window=strategy.beta.window,
        beta_min_observations=strategy.beta.min_observations,
        subscribe_rights=execution.rights == "subscribe",
    )


def _actions(strategy: Strategy, market: Market, first: int, last: int) -> _Actions:
    """Corporate actions from their table where the market has one, else from the factor."""
    dates = market.dates[first - 1 : last + 1]
    days = last - first + 1
    factor = market.panel("adj_factor")[first - 1 : last + 1]
    table = market.corporate_actions()
    taxed = strategy.costs.dividend_tax == "public_fund"
    if table is None:
        if taxed:
            raise StrategyError(
                f"costs.dividend_tax public_fund: market '{market.name}' has no table "
                "corporate_actions, so its dividends are not known; import one, or set none"
            )
        return _Actions(no_actions(days), no_tax(days), factor, None, None)
    book, factor, use = action_book(
        table,
        dates,
        market.codes,
        market.panel("mark")[first - 1 : last + 1],
        factor,
        market.panel("pre_close")[first : last + 1],
    )
    if not taxed:
        return _Actions(book, no_tax(days), factor, use, None)
    tax = dividend_tax("public securities fund", dates[1:])
    rates = (np.ascontiguousarray(tax.rate[:, k]) for k in range(3))
    taxes = tax_book(dates, np.ascontiguousarray(tax.at_payment[:, 0]), *rates)
    return _Actions(book, taxes, factor, use, tax.used)


def _check_capital(
    strategy: Strategy, market: Market, first: int, record: LedgerRecord, inputs: LedgerInputs
) -> None:
    """Refuse a capital that buys no lot of a stock, or whose hedge is less than one contract."""
    from quanthedge.ledger import kernels

    capital = f"capital_yuan {strategy.capital_yuan:,.0f}"
    day = inputs.targets.trade_days[0]
    lots = record.refusals[(record.refusals[:, 0] == day) & (record.refusals[:, 6] == kernels.LOT)]
    wanted = inputs.targets.pointer[1] - inputs.targets.pointer[0]
    if wanted and len(lots) == wanted:
        raise StrategyError(
            f"{capital}: too small for one lot of any of the {wanted} stocks wanted on "
            f"{market.dates[first + day]}; raise the capital or hold fewer stocks"
        )
    row = record.ledger[day]
    contract = inputs.futures.hold[day]
    if (
        row[kernels.NAMES_] > 0
        and row[kernels.LOTS_] == 0
        and contract >= 0
        and strategy.hedge.ratio
    ):
        refused = record.refusals[
            (record.refusals[:, 0] == day) & (record.refusals[:, 1] == kernels.FUTURE)
        ]
        exposure = strategy.hedge.ratio * row[kernels.BETA_] * row[kernels.STOCK_VALUE_]
        notional = inputs.futures.multiplier * inputs.futures.fill_price[day, contract]
        if not len(refused) and 0 < exposure < 0.5 * notional:
            raise StrategyError(
                f"{capital}: too small to hedge; on {market.dates[first + day]} the stocks carry "
                f"{exposure:,.0f} yuan of index risk, one {strategy.hedge.product} contract is "
                f"worth {notional:,.0f}; raise the capital"
            )


def _hedge_table(
    market: Market,
    strategy: Strategy,
    first: int,
    ledger: pd.DataFrame,
    record: LedgerRecord,
    inputs: LedgerInputs,
) -> pd.DataFrame:
    """Return each recorded day's book: beta used, pro-forma beta with its error, contract, lots."""
    positions = record.positions
    days, starts = np.unique(positions[:, 0].astype(np.int64), return_index=True)
    pointer = np.append(starts, len(positions)).astype(np.int64)
    stocks = positions[:, 1].astype(np.int64)
    day_of = positions[:, 0].astype(np.int64)
    values = positions[:, 2] * inputs.bars.mark[day_of, stocks]
    begin = max(0, first - strategy.beta.window)
    stop = first + record.days_run
    fitted = book_betas(
        np.asarray(market.panel("simple_return")[begin:stop]),
        index_returns(market, strategy.beta.index)[begin:stop],
        days + first - 1 - begin,
        pointer,
        stocks,
        np.nan_to_num(values),
        window=strategy.beta.window,
        min_observations=strategy.beta.min_observations,
    )
    beta = inputs.beta[day_of, stocks]
    unknown = np.bincount(
        np.searchsorted(days, day_of),
        weights=np.where(np.isnan(beta), values, 0.0),
        minlength=len(days),
    )
    total = np.bincount(np.searchsorted(days, day_of), weights=values, minlength=len(days))
    rows = ledger.iloc[days + 1]
    return pd.DataFrame(
        {
            "date": rows.index,
            "contract": rows["contract"].array,
            "lots": rows["lots"].array,
            "stock_value": rows["stock_value"].array,
            "futures_notional": rows["futures_notional"].array,
            "book_beta": rows["book_beta"].array,
            "pro_forma_beta": fitted.beta,
            "standard_error": fitted.standard_error,
            "observations": fitted.observations,
            "share_default_beta": np.divide(
                unknown, total, out=np.zeros(len(days)), where=total > 0
            ),
        }
    )


def _versions() -> dict[str, str]:
    names = ("quanthedge", "numpy", "pandas", "numba", "pyarrow", "pydantic")
    return {"python": platform.python_version(), **{name: version(name) for name in names}}
