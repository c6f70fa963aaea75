"""From a strategy and a market to what the ledger is given: targets, hedge, rules, prices."""

from collections.abc import Sequence
from contextlib import nullcontext
from typing import Any, NamedTuple

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from quanthedge.backtesting.budget_stage import budgets_of
from quanthedge.backtesting.first_run import saying_so
from quanthedge.backtesting.hedge_leg import (
    HedgeLeg,
    betas_ahead,
    futures_parts,
    hedge_leg,
    known_returns,
)
from quanthedge.backtesting.selection import Selection, selected
from quanthedge.backtesting.sharing_stage import shared, sharing_of
from quanthedge.backtesting.sleeve_stage import (
    Asked,
    Planned,
    contracts_of,
    lending_of,
    sleeve_book,
    sleeves_of,
    stated_hedge,
)
from quanthedge.backtesting.standing import allocated, exposed
from quanthedge.errors import DataError, StrategyError
from quanthedge.fund import fee_years, sold_out
from quanthedge.ledger import (
    ActionBook,
    ActionUse,
    Bars,
    FundNumbers,
    HedgeBook,
    LedgerInputs,
    Reign,
    Settings,
    SleeveTargets,
    StockBook,
    TargetBook,
    TaxBook,
    TaxRates,
    ValuationBook,
    action_book,
    layout,
    lending_book,
    run_ledger,
)
from quanthedge.market import LimitPanel, Market
from quanthedge.optimise import impact_volatility
from quanthedge.portfolio import Targets
from quanthedge.rules import TRADING_DAYS_A_YEAR, StockCosts, StockRules
from quanthedge.signals import GivenTable
from quanthedge.stages import shared_in_a_run, stage
from quanthedge.strategy import Strategy
from quanthedge.typing import Floats, Tell
from quanthedge.valuation import IndexReturns, Stated

__all__ = [
    "RECORDED_EVERY",
    "Prepared",
    "days_after",
    "prepare",
    "rule_parts",
    "run_days",
    "run_rows",
    "target_book",
]

_FILL = {"open": 0, "vwap": 1, "close": 2}
_PROCEEDS = {"same_auction": 0, "after_fill": 1, "next_day": 2}
_AUCTION_WINDOW = 20  # trading days of the median turnover that an opening auction is a part of
RECORDED_EVERY = 5  # trading days between records of the holdings
_DAYS_GUESSED = 390  # weekdays after the end of the calendar


class Actions(NamedTuple):
    """Corporate actions of the span as the ledger takes them."""

    book: ActionBook
    tax: TaxBook
    adj_factor: Floats
    use: ActionUse | None
    rules: pd.DataFrame | None


class Prepared(NamedTuple):
    """Everything that is known of a run before its ledger begins.

    ``first`` is the market's row of the first trading day; ``dates`` [T + 1] begin the day before.
    ``reigns`` are inputs that rule from a day on, where not one strategy rules on all days.
    """

    strategy: Strategy
    market: Market
    first: int
    dates: NDArray[np.datetime64]
    selection: Selection
    allocation: pd.DataFrame
    expected: pd.DataFrame
    leg: HedgeLeg
    actions: Actions
    stated: Stated
    rules: pd.DataFrame
    inputs: LedgerInputs
    sharing: pd.DataFrame
    reigns: tuple[Reign, ...] = ()


def prepare(
    strategy: Strategy,
    market: Market,
    start: str | None = None,
    end: str | None = None,
    *,
    tell: Tell | None = None,
    asked: Asked = (),
) -> Prepared:
    """Decide the targets of a span and look up all that the ledger needs.

    Parameters and errors are those of :func:`quanthedge.backtest`; ``asked`` are sleeves whose
    wishes on these days are known already.
    """
    # sleeves that run on paper ask for what the fund has asked for
    with shared_in_a_run() if strategy.sleeves else nullcontext():
        return _prepared(strategy, market, start, end, tell, asked)


def _prepared(
    strategy: Strategy,
    market: Market,
    start: str | None,
    end: str | None,
    tell: Tell | None,
    asked: Asked,
) -> Prepared:
    say = saying_so(tell or (lambda _text: None))
    strategy = strategy.with_tables()
    first, last = run_rows(strategy, market, start, end)
    say("selecting stocks")
    # in the block is what asks for no betas
    with betas_ahead(strategy, market, first, last):
        selection = selected(strategy, market, first, last)
        dates = market.dates[first - 1 : last + 1]
        say("estimating betas, looking up rules and contracts")
        stocks = _stock_rules(market, first, last)
        costs = StockCosts.of(stocks, strategy.costs)
        actions = _actions(strategy, market, first, last, stocks.list_delay)
        bars, stock_book = _stocks(market, first, last, stocks, costs, actions)
    sleeves = sleeves_of(strategy, market, first, last, asked)
    same = tuple(zip(strategy.sleeves, sleeves, strict=True))
    leg = hedge_leg(strategy, market, first, last, selection.targets, contracts_of(sleeves))
    decided = allocated(
        strategy,
        market,
        selection.targets,
        first,
        lambda: _fallen_on_paper(strategy, market, dates),
    )
    selection = exposed(selection, decided.allocation)

    def of_the_same_days(alone: Strategy) -> LedgerInputs:
        return prepare(alone, market, str(dates[1]), str(dates[-1]), asked=same).inputs

    sharing = sharing_of(strategy, market, first, last, of_the_same_days)
    if sharing.empty:  # else all budgets are of capital
        sharing = budgets_of(strategy, market, (first, last), sleeves, leg, of_the_same_days)
    targets, sleeves = shared(market, selection.targets, sleeves, sharing)
    stated = _stated(strategy, market, first, bars, stock_book, leg)
    inputs = _inputs(
        strategy, market, first, last, targets, bars, stock_book, leg, actions, stated,
        sleeves,
    )  # fmt: skip
    rules = stage(
        "rules_used",
        market,
        {"span": (first, last), **rule_parts(strategy)},
        lambda: _rules(stocks.used, leg, actions),
        on_disk=False,
    )
    return Prepared(
        strategy, market, first, dates, selection, *decided, leg, actions, stated,
        rules, inputs, sharing,
    )  # fmt: skip


def days_after(market: Market, last: int) -> NDArray[np.datetime64]:
    """Return trading days after the row ``last``, on which dividends may be paid.

    Those that the calendar tells, and after its end the weekdays of a year and a half.
    """
    calendar = market.calendar.astype("datetime64[D]")
    end = max(calendar[-1], market.dates[last].astype("datetime64[D]"))
    weekdays = np.busday_offset(end, np.arange(1, _DAYS_GUESSED + 1), roll="backward")
    return np.concatenate([calendar[calendar > market.dates[last]], weekdays])


def _fallen_on_paper(strategy: Strategy, market: Market, dates: NDArray[np.datetime64]) -> Floats:
    """Return how far the fund without an allocation stands below its best so far, [T + 1].

    By its unit value with one founder: flows of investors change none.
    """
    whole = strategy.variant("ungated").model_copy(update={"clients": None})
    known = prepare(whole, market, str(dates[1]), str(dates[-1]))
    record = run_ledger(known.inputs)
    values = np.zeros(dates.size)  # once its equity is gone
    values[0] = strategy.fund.initial_unit_value
    values[1 : record.days_run + 1] = record.ledger[: record.days_run, layout.UNIT_VALUE_]
    return np.asarray(1.0 - values / np.maximum.accumulate(values))


def rule_parts(strategy: Strategy) -> dict[str, Any]:
    """Return all that decides which rules are looked up beside market and span."""
    hedged = not strategy.hedge.sells_nothing
    return {
        "futures": futures_parts(strategy) if hedged else None,
        "tax": strategy.costs.dividend_tax,
    }


def _rules(of_stocks: pd.DataFrame, leg: HedgeLeg, actions: Actions) -> pd.DataFrame:
    """Return every rule that was looked up: of stocks, of futures, of taxes on dividends."""
    return pd.concat([of_stocks, *_rules_beside_stocks(leg, actions)], ignore_index=True)


def _rules_beside_stocks(leg: HedgeLeg, actions: Actions) -> list[pd.DataFrame]:
    taxes = [] if actions.rules is None else [actions.rules]
    hours = [] if leg.timing is None or leg.timing.used is None else [leg.timing.used]
    return [*(one.used for one in leg.rules), *hours, *taxes]


def target_book(
    strategy: Strategy, targets: Targets, first: int, dates: NDArray[np.datetime64]
) -> SleeveTargets:
    """Return the targets as the ledger takes them; none is left when the fund is wound up."""
    book = SleeveTargets.of_stocks(
        targets.decision_rows + 1 - first, targets.pointer, targets.stocks, targets.weights
    )
    closing = strategy.fund.last_business_day(dates[1:])
    return book if closing is None else sold_out(book, closing, dates.size - 1)


def run_days(
    strategy: Strategy, market: Market, start: str | None = None, end: str | None = None
) -> tuple[str, str]:
    """Return the first and the last trading day that a run would have; errors are those of it."""
    first, last = run_rows(strategy, market, start, end)
    return str(market.dates[first]), str(market.dates[last])


def run_rows(
    strategy: Strategy, market: Market, start: str | None, end: str | None
) -> tuple[int, int]:
    """Return the market's rows of the first and the last trading day of a run."""
    begin = market.dates[_first_day(strategy, market)] if start is None else start
    stop = market.dates[-1] if end is None else end
    first, last = market.span(begin, stop)
    if first == 0:
        raise DataError(
            f"start {begin}: is the first day of the data, but the first decision is made at the "
            f"close of the day before; choose a later start than {market.dates[0]}"
        )
    return first, last


def _first_day(strategy: Strategy, market: Market) -> int:
    """Return the day on which a fund without a start begins.

    The later of the longest look-back, the first price of each product that the hedge sells, and
    the first cash rate where interest is the market's.
    """
    days = len(market.dates)
    warm_up = max(strategy.beta.memory or 0, TRADING_DAYS_A_YEAR) + 1
    needs = {f"the strategy looks back over {warm_up} days": warm_up}
    for product in () if strategy.hedge.sells_nothing else strategy.hedge.products:
        listed = market.futures(product)["date"].min()
        needs[f"{product} has prices from {listed:%Y-%m-%d} on"] = int(
            np.searchsorted(market.dates, listed.to_datetime64())
        )
    if "market" in (strategy.accounts.stock_cash_rate, strategy.accounts.futures_cash_rate):
        known = np.isfinite(market.cash_rate())
        needs["cash_rate begins later"] = int(known.argmax()) + 1 if known.any() else days
    if strategy.alpha is not None:
        trained = strategy.alpha.first_training(market, strategy.rebalance)
        told = f"alpha.combine is trained first after {strategy.alpha.combine.first} rebalances"
        needs[told] = 0 if trained is None else trained + 1
    for part in GivenTable.within(strategy):
        known = part.table(market).known_rows
        begins = int(known[0]) + 1 if known.size else days
        needs[f"{part.told} is known from {market.dates[min(begins, days) - 1]} on"] = begins
    reason, first = max(needs.items(), key=lambda one: one[1])
    if first >= days:
        raise DataError(
            f"market {market.name}: {days} trading days up to {market.dates[-1]}, but {reason}; "
            "give --start to begin earlier, or a longer market"
        )
    return first


def _stock_rules(market: Market, first: int, last: int) -> StockRules:
    """Rules of the stock exchanges on the days of the span."""
    return stage(
        "stock_rules",
        market,
        {"span": (first, last)},
        lambda: StockRules.between(
            market.dates[first : last + 1], market.codes, _list_dates(market)
        ),
        kinds=(StockRules,),
    )


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


def _stocks(
    market: Market,
    first: int,
    last: int,
    stocks: StockRules,
    costs: StockCosts,
    actions: Actions,
) -> tuple[Bars, StockBook]:
    """Bars of the span, and the rules of the stock exchanges on its days."""
    span, wide = slice(first, last + 1), slice(first - 1, last + 1)
    limits = _limits(market, first, last)
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
        limit_class=limits.place,
        delist=market.delist_index() - first,
    )
    book = StockBook(
        stocks.board.astype(np.int64),
        stocks.exchange.astype(np.int64),
        stocks.lot,
        stocks.step,
        costs.stamp_duty_buy,
        costs.stamp_duty_sell,
        costs.transfer_rate,
        costs.transfer_par_rate,
        costs.transfer_min_yuan,
        costs.exchange_rate,
        limits.up,
        limits.down,
        limits.inward,
    )
    return bars, book


def _limits(market: Market, first: int, last: int) -> LimitPanel:
    """Return the price limits of a span; those of all days are kept with the market."""
    whole = market.kept_folder is not None
    begin, end = (0, len(market.dates) - 1) if whole else (first, last)
    found = stage(
        "price_limits",
        market,
        {"span": (begin, end)},
        lambda: LimitPanel.of(market, begin, end),
        kinds=(LimitPanel,),
        with_market=whole,
    )
    span = slice(first - begin, last + 1 - begin)
    return LimitPanel(found.place[span], found.up[span], found.down[span], found.inward)


def _stated(
    strategy: Strategy, market: Market, first: int, bars: Bars, stocks: StockBook, leg: HedgeLeg
) -> Stated:
    """Return what suspended stocks are stated at; without a beta of its own one has the default."""
    beta = np.zeros((0, 0))
    if strategy.valuation.suspended == "beta":
        beta = np.nan_to_num(leg.hedge.beta[:, :, 0], nan=leg.hedge.default_beta)
    hedged = known_returns(strategy, market)[:, 0]
    parts = {
        "span": (first, len(bars.close)),
        "valuation": strategy.valuation,
        "hedged": hedged,
        "beta": beta,
    }
    return stage(
        "stated_values",
        market,
        parts,
        lambda: Stated.of(strategy.valuation, market, first, bars, stocks, hedged, beta),
        kinds=(Stated, ValuationBook, IndexReturns),
        with_market=not beta.size and market.kept_folder is not None,
    )


def _inputs(
    strategy: Strategy,
    market: Market,
    first: int,
    last: int,
    targets: Targets,
    bars: Bars,
    stocks: StockBook,
    leg: HedgeLeg,
    actions: Actions,
    stated: Stated,
    sleeves: Sequence[Planned],
) -> LedgerInputs:
    """Everything that the ledger is given."""
    dates = market.dates[first - 1 : last + 1]
    book = target_book(strategy, targets, first, dates)
    more = [sleeve_book(one, first, dates, strategy.fund, leg.contracts) for one in sleeves]
    recorded = np.zeros(last - first + 1, dtype=np.bool_)
    recorded[::RECORDED_EVERY] = recorded[book.trade_days] = recorded[-1] = True
    for one in more:
        recorded[one.trade_days[one.trade_days < recorded.size]] = True
    terms = strategy.fund
    return LedgerInputs(
        days=np.diff(dates).astype(np.float64),
        fee_years=fee_years(dates),
        stock_rate=_interest(market, strategy.accounts.stock_cash_rate, first, last),
        futures_rate=_interest(market, strategy.accounts.futures_cash_rate, first, last),
        record_day=recorded,
        bars=bars,
        volatility=_volatility(strategy, market, first, last),
        auction=_auction(strategy, market, first, last),
        actions=actions.book,
        tax=actions.tax,
        stocks=stocks,
        futures=leg.futures,
        hedge=HedgeBook.of([leg.hedge, *(stated_hedge(leg.hedge, one.sleeve) for one in sleeves)]),
        targets=TargetBook.of([book, *more]),
        fund=FundNumbers(
            terms.initial_unit_value,
            terms.management_fee_per_year,
            terms.custody_fee_per_year,
            terms.performance_fee_rate,
            terms.high_water_mark == "post_fee",
            terms.crystallisation_flags(dates[1:], calendar=market.calendar),
            _month_first(dates),
            terms.service_fee_per_year,
            terms.audit_fee_yuan_per_year,
            *np.zeros((6, dates.size - 1)),
        ),
        valuation=stated.book,
        settings=_settings(strategy),
        lending=lending_book([None, *(lending_of(one, dates) for one in sleeves)]),
    )


def _volatility(strategy: Strategy, market: Market, first: int, last: int) -> Floats:
    """Return each stock's volatility as known at each close, [T + 1, N]; [0, 0] when not needed.

    Where a stock traded on fewer than five of the twenty days, the median of the others stands in.
    """
    if strategy.costs.impact_coefficient == 0.0:
        return np.empty((0, 0))
    whole = market.kept_folder is not None
    begin, end = (0, len(market.dates)) if whole else (first - 1, last + 1)
    found = stage(
        "impact_volatility",
        market,
        {"span": (begin, end)},
        lambda: impact_volatility(market, np.arange(begin, end)),
        with_market=whole,
    )
    return found[first - 1 - begin : last + 1 - begin]


def _auction(strategy: Strategy, market: Market, first: int, last: int) -> Floats:
    """Return the yuan of an order that each opening takes, [T, N]; [0, 0] when there is no cap.

    Known before the auction: the median turnover of the twenty trading days before the day, at
    least five of them traded; of a stock suspended for longer, the last one known. NaN before.
    """
    execution = strategy.execution
    if execution.participation_open == 0.0 or execution.auction_share is None:
        return np.empty((0, 0))
    usual = stage(
        "usual_turnover",
        market,
        {"span": (first, last)},
        lambda: _usual_turnover(market, first, last),
    )
    return np.asarray(execution.participation_open * execution.auction_share * usual)


def _usual_turnover(market: Market, first: int, last: int) -> Floats:
    amount, volume = market.panel("amount")[:last], market.panel("volume")[:last]
    turnover = np.where(amount > 0.0, amount, volume * market.panel("close")[:last])
    usual = pd.DataFrame(turnover).rolling(_AUCTION_WINDOW, min_periods=5).median().ffill()
    return np.ascontiguousarray(usual.to_numpy()[first - 1 :])


def _settings(strategy: Strategy) -> Settings:
    execution, costs, accounts = strategy.execution, strategy.costs, strategy.accounts
    return Settings(
        capital_yuan=strategy.capital_yuan,
        fill=_FILL[execution.fill],
        sale_proceeds=_PROCEEDS[execution.sale_proceeds],
        participation=execution.participation,
        retry_days=execution.retry_days,
        commission_rate=costs.commission_rate,
        commission_min_yuan=costs.commission_min_yuan,
        exchange_fees_included=costs.commission_includes_exchange_fees,
        slippage=costs.slippage_bp / 1e4,
        impact_coefficient=costs.impact_coefficient,
        futures_slippage=costs.futures_slippage_bp / 1e4,
        cash_reserve=accounts.cash_reserve,
        recovery=execution.delisting_recovery,
        call_multiple=accounts.margin_call,
        target_multiple=accounts.margin_target,
        release_multiple=accounts.margin_release,
        subscribe_rights=execution.rights == "subscribe",
        borrowed=accounts.borrowed,
        borrowing_rate=accounts.borrowing_rate,
    )


def _actions(
    strategy: Strategy, market: Market, first: int, last: int, list_delay: NDArray[np.int64]
) -> Actions:
    """Corporate actions from their table where the market has one, else from the factor."""
    return stage(
        "corporate_actions",
        market,
        {"span": (first, last), "tax": strategy.costs.dividend_tax},
        lambda: _actions_anew(strategy, market, first, last, list_delay),
        kinds=(Actions, ActionBook, TaxBook, ActionUse),
        with_market=market.kept_folder is not None,
    )


def _actions_anew(
    strategy: Strategy, market: Market, first: int, last: int, list_delay: NDArray[np.int64]
) -> Actions:
    dates = market.dates[first - 1 : last + 1]
    days = last - first + 1
    factor = market.panel("adj_factor")[first - 1 : last + 1]
    table = market.corporate_actions()
    taxed = strategy.costs.dividend_tax != "none"
    if table is None:
        if strategy.costs.dividend_tax == "public_fund":
            raise StrategyError(
                f"costs.dividend_tax public_fund: market '{market.name}' has no table "
                "corporate_actions, so its dividends are not known; import one, or set "
                "public_fund_where_known or none"
            )
        return Actions(ActionBook.none(days), TaxBook.none(days, 0), factor, None, None)
    # lots are counted from the first day also where no dividend is taxed yet
    rates = TaxRates.of_actions(table, dates) if taxed else None
    book, taxes, factor, use = action_book(
        table,
        dates,
        market.codes,
        market.panel("mark")[first - 1 : last + 1],
        factor,
        market.panel("pre_close")[first : last + 1],
        list_delay,
        rates,
        days_after(market, last),
    )
    return Actions(book, taxes, factor, use, None if rates is None else rates.used)
