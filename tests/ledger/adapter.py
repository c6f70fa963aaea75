"""Brings the reference's inputs into the kernel's shape, and both results into comparable rows."""

import numpy as np

from quanthedge.hedge.policies import compile_policy
from quanthedge.ledger import (
    ActionBook,
    Bars,
    FundNumbers,
    FutureBook,
    HedgeBook,
    LedgerInputs,
    LedgerRecord,
    Settings,
    SleeveHedge,
    SleeveTargets,
    StockBook,
    TargetBook,
    TaxBook,
    ValuationBook,
)
from quanthedge.ledger.corporate_actions import listing_order
from quanthedge.ledger.layout import REFUSAL_REASONS, TRADE_REASONS
from quanthedge.valuation.stated import no_restatement
from tests.oracles import ledger as reference

FILL = {"open": 0, "vwap": 1, "close": 2}
PROCEEDS = {"same_auction": 0, "after_fill": 1, "next_day": 2}
METHOD = {"bottom_up": 0, "top_down": 1, "fixed": 2, "given": 3}


def action_book(x: reference.LedgerInputs) -> ActionBook:
    """The actions by day and stock."""
    n_days = len(x.days)
    rows = sorted(x.actions.items())
    columns = [
        np.array([getattr(action, name) for _, action in rows], dtype=np.float64)
        for name in ("cash", "bonus", "rights", "rights_price")
    ]
    days = np.array([t for (t, _), _ in rows], dtype=np.int64)
    stocks = np.array([i for (_, i), _ in rows], dtype=np.int64)
    pay, listed = (
        np.array([max(t, min(getattr(a, name), n_days)) for (t, _), a in rows], dtype=np.int64)
        for name in ("pay_day", "list_day")
    )
    pointer = np.searchsorted(days, np.arange(n_days + 1)).astype(np.int64)
    order = listing_order(days, listed, n_days)
    return ActionBook(pointer, stocks, *columns, pay, listed, *order)


def tax_book(x: reference.LedgerInputs) -> TaxBook:
    """The tax in yuan per share held: withheld, and further beyond it."""
    if x.tax is None:
        return TaxBook.none(len(x.days), len(x.actions))
    actions = [action for _, action in sorted(x.actions.items())]
    taxed = np.array([one.cash + one.stock_dividend for one in actions])
    rate, *totals = (
        np.array([getattr(one.rates, name) for one in actions], dtype=np.float64)
        for name in ("at_payment", "short", "mid", "long")
    )
    paid = np.minimum(taxed * rate, [one.cash for one in actions])
    rest = [np.maximum(total, rate) * taxed - paid for total in totals]
    begins = [np.array(b, dtype=np.int64) for b in (x.tax.month_begin, x.tax.year_begin)]
    return TaxBook(paid, *rest, *begins, 256)


def future_book(x: reference.LedgerInputs) -> FutureBook:
    """The contracts and their rules."""
    whole = lambda values: np.asarray(values, dtype=np.int64)  # noqa: E731
    money = lambda values: np.asarray(values, dtype=np.float64)  # noqa: E731
    return FutureBook(
        whole(x.product), x.fill_price, x.settlement, whole(x.last_day), whole(x.hold),
        np.asarray(x.after_stocks), np.asarray(x.no_sale), np.asarray(x.no_buy),
        money(x.multiplier), money(x.margin_rate),
        money(x.fee_rate), money(x.close_today_rate), money(x.order_fee), money(x.delivery_rate),
        money(x.opening_limit), money(x.position_limit),
        np.zeros(len(x.days) + 1, bool) if x.larger_side is None else np.asarray(x.larger_side),
    )  # fmt: skip


def hedge_of_sleeve(x: reference.LedgerInputs) -> SleeveHedge:
    """What decides the hedge."""
    low, high = x.range or (np.nan, np.nan)
    return SleeveHedge(
        x.beta, x.index_returns, x.book_ratio, x.covariance, x.carry, x.index_level,
        compile_policy(x.policy, x.dates), float(x.hedge_ratio), METHOD[x.beta_method],
        float(x.default_beta), int(x.beta_window), int(x.beta_min_observations),
        float(x.aversion), float(low), float(high), bool(x.both_sides),
    )  # fmt: skip


def targets_of_sleeve(x: reference.LedgerInputs) -> SleeveTargets:
    """What is wanted on each rebalance."""
    pairs = [pair for _, book in x.targets for pair in book]
    sizes = [len(book) for _, book in x.targets]
    return SleeveTargets.of_stocks(
        np.asarray([day for day, _ in x.targets], dtype=np.int64),
        np.concatenate([[0], np.cumsum(sizes)]).astype(np.int64),
        np.asarray([stock for stock, _ in pairs], dtype=np.int64),
        np.asarray([weight for _, weight in pairs], dtype=np.float64),
    )


def flow_arrays(x: reference.LedgerInputs) -> list[np.ndarray]:
    """The flows of units by day."""
    names = (
        "subscribed", "redeemed", "distributed", "paid_out", "units_change", "service_change",
    )  # fmt: skip
    nothing = reference.Flow()
    return [
        np.array([getattr(x.flows.get(t, nothing), name) for t in range(len(x.days))])
        for name in names
    ]


def valuation_book(x: reference.LedgerInputs) -> ValuationBook:
    """What holdings that do not trade are stated at."""
    if x.ratio is None:
        return no_restatement()
    always = np.zeros((0, 0), dtype=bool) if x.always is None else np.asarray(x.always)
    return ValuationBook(x.ratio, always, float(x.materiality))


def kernel_inputs(x: reference.LedgerInputs) -> LedgerInputs:
    """The same market and settings as the kernel takes them."""
    n_days = x.open.shape[0]
    whole = lambda values: np.asarray(values, dtype=np.int64)  # noqa: E731
    return LedgerInputs(
        days=np.asarray(x.days, dtype=np.float64),
        fee_years=np.asarray(x.fee_years, dtype=np.float64),
        stock_rate=x.stock_rate,
        futures_rate=x.futures_rate,
        record_day=np.ones(n_days, dtype=bool),
        bars=Bars(
            x.open, x.high, x.low, x.close, x.pre_close, x.volume, x.amount, x.mark, x.adj_factor,
            x.limit_class, whole(x.delist),
        ),
        volatility=x.volatility,
        auction=np.empty((0, 0)) if x.auction is None else np.asarray(x.auction),
        actions=action_book(x),
        tax=tax_book(x),
        stocks=StockBook(
            whole(x.board), whole(x.exchange), whole(x.lot), whole(x.step), x.stamp_duty_buy,
            x.stamp_duty_sell, x.transfer_rate, x.transfer_par_rate, x.transfer_min,
            x.exchange_rate, x.limit_up, x.limit_down, np.asarray(x.inward),
        ),
        futures=future_book(x),
        hedge=HedgeBook.of([hedge_of_sleeve(x)]),
        targets=TargetBook.of([targets_of_sleeve(x)]),
        fund=FundNumbers(
            1.0, x.management_rate, x.custody_rate, x.performance_rate, x.post_fee, x.fee_day,
            x.month_first, float(x.service_rate), float(x.audit_yuan), *flow_arrays(x),
        ),
        valuation=valuation_book(x),
        settings=Settings(
            float(x.capital_yuan), FILL[x.fill], PROCEEDS[x.sale_proceeds],
            float(x.participation), int(x.retry_days),
            float(x.commission_rate), float(x.commission_min),
            bool(x.commission_includes_exchange_fees), float(x.slippage),
            float(x.impact_coefficient), float(x.futures_slippage),
            float(x.cash_reserve), float(x.recovery), float(x.call_multiple),
            float(x.target_multiple), float(x.release_multiple),
            bool(x.subscribe_rights), float(x.borrowed), float(x.borrowing_rate),
        ),
    )  # fmt: skip


def kernel_trades(record: LedgerRecord) -> list[tuple]:
    """Day, kind, index, signed quantity, reason, rounded price and costs of every fill."""
    return [
        (
            int(t[0]), "stock" if t[1] == 0 else "future", int(t[2]), int(t[3]),
            TRADE_REASONS[int(t[12])], *(round(float(v), 6) for v in (t[4], *t[6:12], t[13])),
        )
        for t in record.trades
    ]  # fmt: skip


def reference_trades(result: reference.ReferenceResult) -> list[tuple]:
    """The same of the reference."""
    return [
        (
            t.day, t.kind, t.index, t.quantity, t.reason, round(t.price, 6), round(t.commission, 6),
            round(t.stamp_duty, 6), round(t.transfer_fee, 6), round(t.exchange_fee, 6),
            round(t.futures_fee, 6), round(t.impact, 6), round(t.dividend_tax, 6),
        )
        for t in result.trades
    ]  # fmt: skip


def kernel_refusals(record: LedgerRecord) -> list[tuple]:
    """Day, kind, index, side, wanted, done and reason of every refusal, sorted."""
    return sorted(
        (
            int(r[0]), "stock" if r[1] == 0 else "future", int(r[2]),
            "buy" if r[3] > 0 else "sell", int(r[4]), int(r[5]), REFUSAL_REASONS[int(r[6])],
        )
        for r in record.refusals
    )  # fmt: skip


def reference_refusals(result: reference.ReferenceResult) -> list[tuple]:
    """The same of the reference."""
    return sorted(
        (r.day, r.kind, r.index, r.side, r.wanted, r.done, r.reason) for r in result.refusals
    )
