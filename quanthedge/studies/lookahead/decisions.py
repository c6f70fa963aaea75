"""A strategy's run as parts by day: what its ledger was given, what it wanted, what it did.

Each part says when its rows are known, after docs/ledger.md: what is decided before the fills of a
day must not know that day's close.
"""

from typing import Any, NamedTuple

import numpy as np
import pandas as pd

from quanthedge.backtesting import Allocated, Prepared, Selection, allocated, prepared_run, select
from quanthedge.errors import StrategyError
from quanthedge.factors import Factor, factor_name, sharing
from quanthedge.fund import FundRun, opening_days
from quanthedge.hedge.policies import Calendar
from quanthedge.ledger import LedgerInputs, LedgerRecord, layout
from quanthedge.market import Market
from quanthedge.strategy import Strategy
from quanthedge.studies.lookahead.compare import STOCK_FILLS, Known, Part, frame_parts

__all__ = ["Evaluated", "chosen", "decision_kinds", "run_of", "run_whole"]

Array = np.ndarray[Any, Any]
# Values of classes are worked out from event to event, of which the end of a run is one.
_FROM_EVENT_TO_EVENT = 1e-12
# Booked before the fills of the day, from balances, rates and terms of the close before.
_BEFORE_THE_FILLS = (
    layout.INTEREST_, layout.LOAN_INTEREST_, layout.MANAGEMENT_, layout.CUSTODY_, layout.AUDIT_,
    layout.SUBSCRIPTIONS_, layout.REDEMPTIONS_, layout.DISTRIBUTIONS_, layout.DIVIDENDS_,
    layout.OPEN_ACCRUED_,
)  # fmt: skip
_ORDERED = (layout.REBALANCE, layout.RETRY, layout.FLOW, layout.PROCEEDS)
_TRADE_COLUMNS = tuple(
    name.replace("_", " ") for name in layout.TRADE_COLUMNS if name not in ("day", "index")
)


class Evaluated(NamedTuple):
    """A run and its parts."""

    prepared: Prepared
    fund: FundRun
    parts: list[Part]


def run_whole(strategy: Strategy, market: Market, start: str | None, end: str | None) -> Evaluated:
    """Run a strategy as :func:`quanthedge.backtest` does, for comparison."""
    return _evaluated(*prepared_run(strategy, market, start, end))


def run_of(strategy: Strategy, market: Market, first: int, last: int) -> Evaluated:
    """Run a strategy over the market's rows first .. last, for comparison.

    Orders of clients that could only be done after the last row are left out.
    """
    start, end = str(market.dates[first]), str(market.dates[last])
    shorter = _shorter(strategy, market.dates[first : last + 1])
    return _evaluated(*prepared_run(shorter, market, start, end))


def _evaluated(prepared: Prepared, fund: FundRun) -> Evaluated:
    market = prepared.market
    parts = [
        *_selection_parts(prepared.selection, market),
        *_layer_parts(Allocated(prepared.allocation, prepared.expected)),
        *_input_parts(prepared),
        *_record_parts(prepared, fund.record),
        *frame_parts("investors", fund.events),
        *(
            part._replace(rounding=_FROM_EVENT_TO_EVENT)
            for part in frame_parts("class values", fund.class_values)
        ),
    ]
    return Evaluated(prepared, fund, parts)


def _shorter(strategy: Strategy, dates: Array) -> Strategy:
    """Return the strategy with the orders of its clients, and the end, that a shorter run can do.

    An opening or winding up on the last day of a run has no day after it on which it is booked.
    """
    ends = strategy.fund.winding_up
    if ends is not None and np.datetime64(ends, "D") >= dates[-1]:
        fund = strategy.fund.model_copy(update={"winding_up": None})
        strategy = strategy.model_copy(update={"fund": fund})
    clients = strategy.clients
    if clients is None:
        return strategy
    days = dates[opening_days(clients.opening, dates)]
    latest = days[-1] if days.size else dates[0] - 1
    kept = {
        "flows": tuple(one for one in clients.flows if np.datetime64(one.date, "D") <= latest),
        "distributions": tuple(
            one for one in clients.distributions if np.datetime64(one.date, "D") < dates[-1]
        ),
    }
    return strategy.model_copy(update={"clients": clients.model_copy(update=kept)})


def chosen(strategy: Strategy, market: Market, rows: Array) -> list[Part]:
    """Return what is decided at the closes of some rows, down to each factor.

    A fund without stocks of its own decides nothing there: what its sleeves want is in its run.
    """
    if strategy.invested_fraction == 0:
        return []
    parts = []
    with sharing():
        for k, factor in enumerate(_carried(strategy, market)):
            exposure = factor.checked_exposure(market, rows)
            name = f"factor {k + 1} {factor_name(factor, 'en')}"
            parts.append(Part(name, market.dates[rows], exposure, market.codes))
    mask, _ = strategy.universe.mask(market, rows)
    parts.append(Part("universe", market.dates[rows], np.asarray(mask), market.codes))
    selection = select(strategy, market, rows)
    parts += _selection_parts(selection, market)
    if "drawdown" in strategy.layers.allocation.asks:  # of a run from its first day on
        return parts
    return parts + _layer_parts(allocated(strategy, market, selection.targets, 0, _no_run))


def _no_run() -> Array:
    raise StrategyError("audit: an allocation asks for a drawdown, and does not say so in `asks`")


def _layer_parts(found: Allocated) -> list[Part]:
    """Return how much of the book stands, and what its scores are expected to earn."""
    tables = {"allocation": found.allocation, "expected": found.expected}
    return [part for name, table in tables.items() for part in frame_parts(name, table)]


def _carried(strategy: Strategy, market: Market) -> list[Factor]:
    """Return the factors of a strategy, but those of a family that the market cannot carry."""
    if strategy.alpha is None:
        return list(strategy.all_factors())
    return list(strategy.alpha.carried(market)[0])


def _selection_parts(selection: Selection, market: Market) -> list[Part]:
    """Return targets, what was left out and what was trained on, by the day of the decision.

    Raises
    ------
    StrategyError
        A score was trained on labels that had not ended by its decision.
    """
    training = selection.training
    seen = training[["trained_on", "trained_until", "label_end"]]
    late = seen.gt(training["date"], axis=0).any(axis=1)
    if late.any():
        row = training[late].iloc[0]
        raise StrategyError(
            f"look-ahead: the score of {row['date']:%Y-%m-%d} was trained on "
            f"{row['trained_on']:%Y-%m-%d} with labels that end on {row['label_end']:%Y-%m-%d}"
        )
    targets = selection.targets
    days = np.repeat(targets.dates, np.diff(targets.pointer)).astype("datetime64[D]")
    return [
        Part("targets code", days, market.codes[targets.stocks]),
        Part("targets weight", days, np.asarray(targets.weights)),
        *frame_parts("exclusions", selection.exclusions),
        *frame_parts("coverage", selection.coverage),
        *frame_parts("trainings", training),
        *frame_parts("decisions", selection.decisions),
    ]


def _input_parts(prepared: Prepared) -> list[Part]:
    """Return what the ledger is given, row by row with the day on whose close or open it stands."""
    inputs, wide, days = prepared.inputs, prepared.dates, prepared.dates[1:]
    hedge, futures, codes = inputs.hedge.sleeve(0), inputs.futures, prepared.market.codes
    contracts = np.asarray(prepared.leg.contracts, dtype=str)
    closes = {
        "rate of the stock account": inputs.stock_rate,
        "rate of the futures account": inputs.futures_rate,
        "index return": hedge.index_return,
        "index level": hedge.index_level,
        "hedge ratio": hedge.book_ratio,
        "covariance": hedge.covariance,
        "carry": hedge.carry,
    }
    parts = [Part(name, wide, values) for name, values in closes.items()]
    parts.append(Part("beta", wide, hedge.beta, codes))
    if inputs.volatility.size:
        parts.append(Part("volatility", wide, inputs.volatility, codes))
    if inputs.valuation.ratio.size:
        parts.append(Part("stated value over mark", wide, inputs.valuation.ratio, codes))
    if inputs.auction.size:
        parts.append(Part("opening auction", days, inputs.auction, codes, known="open"))
    parts.append(Part("settlement price", wide, futures.settlement, contracts))
    parts.append(Part("margin rate", wide, futures.margin_rate, contracts, known="open"))
    at_fill: Known = "open" if _fills_at_open(prepared.strategy) else "close"
    for name in ("fill_price", "no_sale", "no_buy"):
        values = getattr(futures, name)
        parts.append(Part(f"futures {name}", days, values, contracts, known=at_fill))
    parts.append(Part("hedge after the stocks", days, futures.after_stocks, known="open"))
    held = np.append(contracts, "")[futures.hold]
    parts.append(Part("contract to hold", days, held, known="open"))
    policy = hedge.policy
    for name, values in (("policy's days", policy.flags), ("policy's bands", policy.bands)):
        parts.append(Part(name, days, values, known="open"))
    parts.append(Part("crystallisation", days, inputs.fund.fee_day, known="open"))
    parts += _sleeve_parts(prepared) + frame_parts("sharing", prepared.sharing)
    return parts + _bar_parts(prepared) + _rule_parts(inputs, days) + _action_parts(prepared)


def _sleeve_parts(prepared: Prepared) -> list[Part]:
    """Return what each sleeve wants, by the day of the decision."""
    names, codes = np.asarray(prepared.leg.contracts, dtype=str), prepared.market.codes
    parts = []
    for k, sleeve in enumerate(prepared.strategy.sleeves, start=1):
        book, told = prepared.inputs.targets.sleeve(k), f"sleeve {sleeve.label}"
        inside = book.trade_days < prepared.dates.size - 1
        decided = prepared.dates[book.trade_days[inside]]
        rows = int(inside.sum())
        for what, pointer, items, values in (
            ("stocks", book.pointer, codes[book.stocks[: book.pointer[rows]]], book.weights),
            ("contracts", book.lot_pointer, names[book.contracts[: book.lot_pointer[rows]]],
             book.exposures),
        ):  # fmt: skip
            days = np.repeat(decided, np.diff(pointer[: rows + 1]))
            parts.append(Part(f"{told} {what}", days, items))
            parts.append(Part(f"{told} parts of {what}", days, values[: pointer[rows]]))
        parts.append(Part(f"{told} decisions", decided, np.ones(rows)))
    return parts


_TAX = ("tax at payment", "tax within a month", "tax within a year", "tax later")


def _fills_at_open(strategy: Strategy) -> bool:
    return strategy.hedge.fill_price(strategy.execution.fill) == "open"


def _bar_parts(prepared: Prepared) -> list[Part]:
    bars, wide, days = prepared.inputs.bars, prepared.dates, prepared.dates[1:]
    codes = prepared.market.codes
    parts = [Part("mark", wide, bars.mark, codes)]
    later, early = (
        ("high", "low", "close", "volume", "amount"),
        ("open", "pre_close", "limit_class"),
    )
    parts += [Part(name, days, getattr(bars, name), codes) for name in later]
    parts += [Part(name, days, getattr(bars, name), codes, known="open") for name in early]
    # the limits of each stock-day: how their table is ordered is not a fact of the day
    rows, book = np.arange(len(days))[:, None], prepared.inputs.stocks
    for name in ("limit_up", "limit_down"):
        limits = getattr(book, name)[rows, bars.limit_class]
        parts.append(Part(name, days, limits, codes, known="open"))
    # only its steps count
    steps = bars.adj_factor[1:] / bars.adj_factor[:-1]
    return [*parts, Part("adj_factor step", days, steps, codes, known="open")]


def _rule_parts(inputs: LedgerInputs, days: Array) -> list[Part]:
    """Return rules of the day: published before it."""
    named = [
        *((inputs.futures, name) for name in (
            "fee_rate", "close_today_rate", "order_fee_yuan", "delivery_fee_rate",
            "opening_limit", "position_limit",
        )),
        *((inputs.stocks, name) for name in (
            "stamp_duty_buy", "stamp_duty_sell", "transfer_rate", "transfer_par_rate",
            "transfer_min_yuan", "exchange_rate",
        )),
    ]  # fmt: skip
    return [Part(f"rule {name}", days, getattr(book, name), known="open") for book, name in named]


def _action_parts(prepared: Prepared) -> list[Part]:
    """Return corporate actions by the day on which they take effect: announced before it."""
    book, tax = prepared.inputs.actions, prepared.inputs.tax
    days = np.repeat(prepared.dates[1:], np.diff(book.pointer))
    rates = [tax.at_payment, tax.short_term, tax.mid_term, tax.long_term]
    values = np.column_stack([book.cash, book.bonus, book.rights, book.rights_price, *rates])
    labels = ("cash", "bonus", "rights", "price of rights", *_TAX)
    codes = prepared.market.codes[book.stock]
    return [
        Part("actions code", days, codes, known="open"),
        Part("actions", days, values, known="open", labels=labels),
    ]


def _record_parts(prepared: Prepared, record: LedgerRecord) -> list[Part]:
    days, ledger = prepared.dates[1 : record.days_run + 1], record.ledger[: record.days_run]
    names = np.append(np.asarray(prepared.leg.contracts, dtype=str), "")
    columns = [k for k in range(len(layout.COLUMNS)) if k != layout.CONTRACT_]
    labels = [layout.COLUMNS[k] for k in columns]
    early = list(_BEFORE_THE_FILLS)
    parts = [
        Part("ledger", days, ledger[:, columns], labels=labels),
        Part("ledger contract", days, names[ledger[:, layout.CONTRACT_].astype(np.int64)]),
        Part(
            "ledger before the fills", days, ledger[:, early], known="open",
            labels=[layout.COLUMNS[k] for k in early],
        ),
        Part("ledger beta of the book", days, ledger[:, layout.BETA_], known="fill"),
    ]  # fmt: skip
    return parts + _trade_parts(prepared, record, names) + _order_parts(prepared, record, names)


def _trade_parts(prepared: Prepared, record: LedgerRecord, names: Array) -> list[Part]:
    trades, refusals = record.trades, record.refusals
    days = _days_of(prepared, trades)
    done, refused = trades[:, [1, *range(3, 14)]], refusals[:, [1, 3, 4, 5, 6]]
    stocks = trades[:, 1] == layout.STOCK
    later = _days_of(prepared, refusals)
    return [
        Part("trades code", days, _codes_of(prepared, trades, names)),
        Part("trades", days, done, labels=_TRADE_COLUMNS),
        Part("refusals code", later, _codes_of(prepared, refusals, names)),
        Part("refusals", later, refused, labels=("kind", "side", "wanted", "done", "reason")),
        Part(STOCK_FILLS, days[stocks], trades[stocks][:, [2, 3, 12]], known="never"),
    ]


def _order_parts(prepared: Prepared, record: LedgerRecord, names: Array) -> list[Part]:
    """Return what was wanted on each day, whether it was done or not."""
    stocks = _wanted(record, layout.STOCK, (*_ORDERED, layout.CASH_CUT))
    stocks = stocks[~np.isin(stocks[:, 0], _forced_after_others(record))]
    futures = _wanted(record, layout.FUTURE, (layout.HEDGE, layout.ROLL))
    planned = ~prepared.inputs.futures.after_stocks[futures[:, 0].astype(np.int64)]
    kinds: tuple[tuple[str, Array, Known], ...] = (
        ("stock", stocks, "open"), ("futures", futures[~planned], "fill"),
        ("planned futures", futures[planned], "open"),
    )  # fmt: skip
    parts = []
    for name, wanted, known in kinds:
        days, codes = _days_of(prepared, wanted), _codes_of(prepared, wanted, names)
        parts.append(Part(f"{name} orders code", days, codes, known=known))
        labels = ("side", "wanted")
        parts.append(Part(f"{name} orders", days, wanted[:, 3:], known=known, labels=labels))
    return parts


def _forced_after_others(record: LedgerRecord) -> Array:
    """Return the days on which forced sales raise what the day's planned sales did not bring."""
    day, reason = record.trades[:, 0], record.trades[:, 12]
    return np.intersect1d(day[reason == layout.CASH_CUT], day[np.isin(reason, _ORDERED)])


def _wanted(record: LedgerRecord, kind: int, reasons: tuple[int, ...]) -> Array:
    """Return the orders of a kind as rows of day, kind, index, side, wanted, in that order.

    What was filled of an order in part is in its refusal as well: that says what was wanted.
    """
    trades = record.trades[(record.trades[:, 1] == kind) & np.isin(record.trades[:, 12], reasons)]
    refusals = record.refusals[record.refusals[:, 1] == kind]
    side, size = np.sign(trades[:, 3]), np.abs(trades[:, 3])
    filled = np.column_stack([trades[:, :3], side, size, trades[:, -1]])
    names = pd.Index(["day", "kind", "index", "side", "wanted", "sleeve"])
    key = ["day", "index", "side", "sleeve"]
    done = pd.DataFrame(filled, columns=names)
    if kind == layout.STOCK:  # a purchase may be filled in two parts
        done = done.groupby(list(names.drop("wanted")), sort=False)["wanted"].sum().reset_index()
    asked = pd.DataFrame(refusals[:, [*range(5), -1]], columns=names)
    both = pd.concat([done[list(names)], asked])
    both = both.drop_duplicates(key, keep="last").sort_values(key)
    return both[list(names[:5])].to_numpy(dtype=np.float64).reshape(-1, 5)


def _days_of(prepared: Prepared, rows: Array) -> Array:
    return prepared.dates[rows[:, 0].astype(np.int64) + 1]


def _codes_of(prepared: Prepared, rows: Array, names: Array) -> Array:
    """Return the code of the stock or the name of the contract of each row."""
    index = rows[:, 2].astype(np.int64)
    stock = rows[:, 1] == layout.STOCK
    found = np.full(len(rows), "", dtype=object)
    found[stock] = prepared.market.codes[index[stock]]
    found[~stock] = names[index[~stock]]
    return found.astype(str)


def decision_kinds(true: Evaluated) -> dict[str, Array]:
    """Return the trading days of a run, as positions in it, on which something was decided."""
    prepared, record = true.prepared, true.fund.record
    trades, inputs = record.trades, prepared.inputs
    days, future = trades[:, 0].astype(np.int64), trades[:, 1] == layout.FUTURE
    reason = trades[:, 12].astype(np.int64)
    flows: list[int] = [layout.SUBSCRIPTIONS_, layout.REDEMPTIONS_, layout.DISTRIBUTIONS_]
    policy, flags = prepared.strategy.hedge.policy, inputs.hedge.sleeve(0).policy.flags
    total = prepared.dates.size - 1
    asked = flags.any(axis=1) if isinstance(policy, Calendar) else np.ones(total, dtype=np.bool_)
    moved = np.flatnonzero(record.ledger[: record.days_run][:, flows].any(axis=1))
    kinds = {
        "rebalance": inputs.targets.trade_days[0],
        "hedge review": np.concatenate([np.flatnonzero(asked), days[future]]),
        "roll": days[future & np.isin(reason, (layout.ROLL, layout.DELIVERY))],
        "flow": np.concatenate([days[~future & (reason == layout.FLOW)], moved]),
        "crystallisation": np.flatnonzero(inputs.fund.fee_day),
        "month's end": np.flatnonzero(inputs.fund.month_first),
    }
    for k, sleeve in enumerate(prepared.strategy.sleeves, start=1):
        days_of = inputs.targets.trade_days[k]
        kinds[f"sleeve {sleeve.label}"] = days_of[days_of < total]
    if len(prepared.sharing):
        reviews = prepared.sharing["date"].to_numpy().astype("datetime64[D]")
        kinds["sharing"] = np.searchsorted(prepared.dates, reviews)
    return {name: np.unique(found) for name, found in kinds.items()}
