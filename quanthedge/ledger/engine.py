"""Runs the compiled ledger and turns its records into tables.

The day's order of events and every formula: docs/ledger.md.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from quanthedge.errors import LedgerError
from quanthedge.ledger import layout
from quanthedge.ledger.ahead import wait_until_compiled
from quanthedge.ledger.inputs import LedgerInputs, read_only
from quanthedge.ledger.lines import line_names, net_flows
from quanthedge.ledger.sleeve_table import of_account, sleeve_table
from quanthedge.ledger.sleeves import SleeveHedge
from quanthedge.ledger.state import FundState, LedgerState, opening_state
from quanthedge.ledger.states import STATES, holding_states

__all__ = ["LedgerRecord", "Reign", "run_ledger"]

NO_SLEEVES = np.zeros((0, 0, 0))
Reign = tuple[int, LedgerInputs]  # from a day on, these inputs rule

_BREACH = {
    2: "the day's equity change is not the sum of its parts",
    3: "a holding is negative",
    4: "the stock account is below zero",
    5: "margin is unpaid at the close",
    6: "the contract held has no settlement price",
}


_RECORDS = ("trades", "refusals", "positions", "contracts", "restated")


@dataclass(frozen=True)
class LedgerRecord:
    """What a run of the ledger wrote, as arrays.

    Attributes
    ----------
    ledger : float64 [T, columns]
    trades : float64 [n, 15], refusals : float64 [m, 8]
    positions : float64 [p, 4], contracts : float64 [q, 4], restated : float64 [r, 5]
        Rows as :class:`quanthedge.ledger.kernels.sheet.Logs` has them.
    days_run : int
        Days with a ledger row; fewer than T only when the fund became insolvent.
    insolvent_day : int or None
    state : LedgerState or FundState
        After the last day: of the sleeve, or of several.
    of_sleeves : float64 [T, S, columns]
        The day's rows of several sleeves: their lines of money, stocks, lots and margin; the
        column ``stock_cash`` is what a sleeve has taken out of the two accounts (below 0) or
        brought in since the first day, ``equity`` what it has earned since then. [0, 0, 0] for one.
    """

    ledger: NDArray[np.float64]
    trades: NDArray[np.float64]
    refusals: NDArray[np.float64]
    positions: NDArray[np.float64]
    contracts: NDArray[np.float64]
    restated: NDArray[np.float64]
    days_run: int
    insolvent_day: int | None
    state: LedgerState | FundState = field(repr=False)
    of_sleeves: NDArray[np.float64] = field(default_factory=lambda: NO_SLEEVES, repr=False)

    def positions_of_account(self) -> NDArray[np.float64]:
        """Return the rows of ``positions`` with the shares of all sleeves together."""
        return of_account(self.positions)

    def column(self, name: str) -> NDArray[np.float64]:
        """Return a column of the ledger's rows, [T], by its name in docs/ledger.md; a view."""
        found: NDArray[np.float64] = self.ledger[:, layout.COLUMNS.index(name)]
        return found

    @classmethod
    def joined(cls, pieces: list["LedgerRecord"], ledger: NDArray[np.float64]) -> "LedgerRecord":
        """Return pieces that follow each other as one record with these rows."""
        last = pieces[-1]
        records = {
            name: np.concatenate([getattr(piece, name) for piece in pieces]) for name in _RECORDS
        }
        of_sleeves = last.of_sleeves  # each piece wrote its own days
        if of_sleeves.size:
            of_sleeves = np.sum([piece.of_sleeves for piece in pieces], axis=0)
        return cls(
            ledger=ledger, days_run=last.days_run, insolvent_day=last.insolvent_day,
            state=last.state, of_sleeves=of_sleeves, **records,
        )  # fmt: skip

    def tables(
        self,
        dates: NDArray[np.datetime64],
        codes: NDArray[np.str_],
        contracts: list[str],
        marks: NDArray[np.float64],
        inputs: LedgerInputs,
        sleeves: Sequence[str] = (),
    ) -> dict[str, pd.DataFrame]:
        """Tables ``ledger``, ``trades``, ``refusals``, ``positions``, ``contracts``, ``restated``.

        Of several ``sleeves``, by name, also ``sleeves``, and trades and refusals say whose they
        are.

        Parameters
        ----------
        record : LedgerRecord
        dates : datetime64[D] [T + 1]
            Trading days of the span, with the day before it.
        codes : str [N], contracts : list of C names
        marks : float64 [T + 1, N]
            Last closes, yuan.
        inputs : LedgerInputs
        """
        dates = dates.astype("datetime64[ms]")  # the coarsest unit that Parquet keeps
        n = self.days_run
        rows = np.vstack([np.zeros(len(layout.COLUMNS)), self.ledger[:n]])
        ledger = pd.DataFrame(
            rows, index=pd.DatetimeIndex(dates[: n + 1], name="date"), columns=list(layout.COLUMNS)
        )
        initial = inputs.fund.initial_unit_value
        ledger.iloc[0, [layout.EQUITY_, layout.STOCK_CASH_]] = inputs.settings.capital_yuan
        ledger.iloc[0, [layout.UNIT_VALUE_, layout.BEFORE_ACCRUAL_, layout.HWM_]] = initial
        ledger.iloc[0, layout.UNITS_] = round(inputs.settings.capital_yuan / initial, 2)
        ledger.iloc[0, layout.CONTRACT_] = -1
        ledger.iloc[0, layout.BETA_] = np.nan
        held = ledger["contract"].to_numpy().astype(np.int64)
        names = np.asarray([*contracts, ""], dtype=object)
        ledger["contract"] = pd.array(names[held], dtype="str")
        ledger["lots"] = ledger["lots"].astype(np.int64)
        ledger["names"] = ledger["names"].astype(np.int64)
        flows = net_flows(ledger)
        before = ledger["equity"].shift(1) + flows
        gross = (ledger["equity"] + ledger[list(line_names("fee"))].sum(axis=1)) / before
        ledger["unit_value_gross"] = initial * gross.fillna(1.0).cumprod()

        t = self.trades
        day = t[:, 0].astype(np.int64) + 1
        trades = pd.DataFrame(
            {
                "date": pd.DatetimeIndex(dates[day]),
                "code": pd.array(_names(t[:, 2], t[:, 1], codes, contracts), dtype="str"),
                "side": pd.array(np.where(t[:, 3] > 0, "buy", "sell").astype(object), dtype="str"),
                "quantity": np.abs(t[:, 3]).astype(np.int64),
                "price": t[:, 4],
                "amount": t[:, 5],
                **{
                    name: t[:, layout.TRADE_COLUMNS.index(name)]
                    for name in line_names("cost", by_trade=True)
                },
                "reason": pd.Categorical.from_codes(
                    t[:, layout.TRADE_COLUMNS.index("reason")].astype(np.int8),
                    categories=pd.Index(layout.TRADE_REASONS),
                ),
            }
        )
        f = self.refusals
        refusals = pd.DataFrame(
            {
                "date": pd.DatetimeIndex(dates[f[:, 0].astype(np.int64) + 1]),
                "code": pd.array(_names(f[:, 2], f[:, 1], codes, contracts), dtype="str"),
                "side": pd.array(np.where(f[:, 3] > 0, "buy", "sell").astype(object), dtype="str"),
                "wanted": f[:, 4].astype(np.int64),
                "done": f[:, 5].astype(np.int64),
                "reason": pd.Categorical.from_codes(
                    f[:, 6].astype(np.int8), categories=pd.Index(layout.REFUSAL_REASONS)
                ),
            }
        )
        if sleeves:
            named = np.asarray(sleeves, dtype=object)
            trades["sleeve"] = pd.array(named[t[:, -1].astype(np.int64)], dtype="str")
            refusals["sleeve"] = pd.array(named[f[:, -1].astype(np.int64)], dtype="str")
        p = self.positions_of_account()
        p_day, p_stock = p[:, 0].astype(np.int64) + 1, p[:, 1].astype(np.int64)
        price = marks[p_day, p_stock]
        positions = pd.DataFrame(
            {
                "date": pd.DatetimeIndex(dates[p_day]),
                "code": pd.array(np.asarray(codes, dtype=object)[p_stock], dtype="str"),
                "shares": p[:, 2].astype(np.int64),
                "price": price,
                "value": p[:, 2] * price,
            }
        )
        equity = ledger["equity"].to_numpy()
        positions["weight"] = positions["value"].to_numpy() / equity[p_day]
        states = holding_states(p_day - 1, p_stock, inputs).astype(np.int8)
        positions["state"] = pd.Categorical.from_codes(states, categories=pd.Index(STATES))
        return {
            "ledger": ledger,
            "trades": trades,
            "refusals": refusals,
            "positions": positions,
            "contracts": _contracts_table(self, dates, contracts, inputs),
            "restated": _restated_table(self, dates, codes, marks),
            "sleeves": sleeve_table(self, dates, sleeves, inputs),
        }


def check_sleeves(inputs: LedgerInputs) -> int:
    """Return the number of sleeves; raise LedgerError for what the ledger does not run."""
    targets, hedges = len(inputs.targets.trade_days), len(inputs.hedge.ratio)
    if targets != hedges:
        raise LedgerError(f"ledger inputs: targets of {targets} sleeves and hedges of {hedges}")
    if targets > 1 and inputs.settings.borrowed != 0.0:
        raise LedgerError(
            f"ledger inputs: a loan of {inputs.settings.borrowed:g} of the equity with {targets} "
            "sleeves; accepted: a loan goes with one sleeve"
        )
    lending = inputs.lending.given
    if lending.size not in (0, targets):
        raise LedgerError(f"ledger inputs: lending of {lending.size} sleeves, targets of {targets}")
    if (inputs.hedge.method[: lending.size][lending] != layout.STATED).any():
        raise LedgerError(
            "ledger inputs: a sleeve that hedges its stocks borrows; accepted: one that states its "
            "contracts"
        )
    for s in range(hedges):
        _check_hedge(inputs.hedge.sleeve(s))
    return targets


def _check_hedge(hedge: SleeveHedge) -> None:
    ranged = not (np.isnan(hedge.range_low) and np.isnan(hedge.range_high))
    if hedge.both_sides and (hedge.aversion != 0.0 or ranged):
        raise LedgerError(
            "ledger inputs, hedge: both_sides (long lots) goes with whole lots nearest to the "
            f"exposure only; aversion is {hedge.aversion:g} (accepted: 0), the range "
            f"{hedge.range_low:g} to {hedge.range_high:g} (accepted: none, NaN)"
        )


def run_ledger(
    inputs: LedgerInputs,
    state: LedgerState | FundState | None = None,
    first: int = 0,
    stop: int | None = None,
    reigns: Sequence[Reign] = (),
) -> LedgerRecord:
    """Advance the ledger over the days ``first .. stop - 1`` and return what it recorded.

    Parameters
    ----------
    inputs : LedgerInputs
    state : LedgerState, optional
        Where an earlier run stopped (it is advanced in place); the opening state by default.
    first, stop : int
        Day indices; the whole span by default.
    reigns : sequence of (first day, LedgerInputs)
        What rules from each of these days on, the first of them 0, in the place of ``inputs``: of
        the same stocks, contracts and products. Everything that lasts over a close is carried from
        one to the next. The fund's terms and flows stay those of ``inputs``.

    Raises
    ------
    LedgerError
        When targets or hedge are not those of one sleeve, when ``hedge.both_sides`` (long lots) is
        asked for together with an aversion or a range, and when the ledger breaks one of its
        promises (an error of the engine or of the data, never of the strategy).
    """
    from quanthedge.ledger.kernels import day as kernels
    from quanthedge.ledger.kernels import sheet

    counts = {check_sleeves(one) for one in (inputs, *(ruling for _, ruling in reigns))}
    if len(counts) > 1:
        raise LedgerError(
            f"ledger inputs: reigns of {sorted(counts)} sleeves; accepted: one number"
        )
    wait_until_compiled()
    n_days, sleeves = inputs.bars.open.shape[0], counts.pop()
    stop = n_days if stop is None else stop
    if state is None:
        state = opening_state(inputs)
    fund = FundState.of_one(state) if isinstance(state, LedgerState) else state
    ledger = np.zeros((n_days, len(layout.COLUMNS)))
    of_sleeves = np.zeros((n_days, sleeves, len(layout.COLUMNS))) if sleeves > 1 else NO_SLEEVES
    sizes = fund.shares.size, fund.lots.size
    work = sheet.new_work(
        fund.shares.shape[1], fund.lots.shape[1], fund.last_level.shape[1], sleeves
    )
    logs = sheet.new_logs(*sizes)
    for begin, end, ruling in _ruling(inputs, reigns, first, stop):
        frozen, day = read_only(ruling), begin
        while day < end:
            day = kernels.run_days(day, end, frozen, fund, work, ledger, of_sleeves, logs)
            if _is_over(fund, day):
                break
            logs = sheet.grown(logs, *sizes)
        if _is_over(fund, day):
            break
    trades, refusals, positions, contracts, restated = (
        rows[:n].copy() for n, rows in zip(logs.n[: sheet.SLEEVE], logs[1:], strict=True)
    )
    days_run, insolvent = ended(fund, stop)
    return LedgerRecord(
        ledger, trades, refusals, positions, contracts, restated, days_run, insolvent, state,
        of_sleeves,
    )  # fmt: skip


def _ruling(
    inputs: LedgerInputs, reigns: Sequence[Reign], first: int, stop: int
) -> Iterator[tuple[int, int, LedgerInputs]]:
    """Yield the days ``first .. stop - 1`` in pieces, each with the inputs that rule on it."""
    if not reigns:
        yield first, stop, inputs
        return
    ends = [*(day for day, _ in reigns[1:]), stop]
    for (begin, ruling), end in zip(reigns, ends, strict=True):
        if max(begin, first) < min(end, stop):
            yield max(begin, first), min(end, stop), ruling._replace(fund=inputs.fund)


def _is_over(state: FundState, day: int) -> bool:
    """Return whether the run ended on the day before ``day``."""
    scalars = state.scalars
    return bool(scalars[layout.STATUS] != layout.OK and scalars[layout.STATUS_DAY] == day - 1)


def ended(state: LedgerState | FundState, stop: int) -> tuple[int, int | None]:
    """Return the days that have a row, and the day of insolvency, of a run up to ``stop``.

    Raises
    ------
    LedgerError
        The ledger broke one of its promises.
    """
    status, day = int(state.scalars[layout.STATUS]), int(state.scalars[layout.STATUS_DAY])
    if status in _BREACH:
        raise LedgerError(
            f"ledger, day {day} of the span: {_BREACH[status]}; "
            "a fault of the engine or of the market's data: please report it with the run folder"
        )
    insolvent = day if status == layout.INSOLVENT else None
    return (day + 1 if insolvent is not None else stop), insolvent


def _names(
    position: NDArray[np.float64], kind: NDArray[np.float64], stocks: Any, contracts: Any
) -> Any:
    """Code of the stock (kind 0) or contract (kind 1) at each position; '' where there is none."""
    index = position.astype(np.int64)
    names = np.full(index.size, "", dtype=object)
    is_stock = kind == 0
    names[is_stock] = np.asarray(stocks, dtype=object)[index[is_stock]]
    is_future = (kind == 1) & (index >= 0)
    if is_future.any():
        names[is_future] = np.asarray(contracts, dtype=object)[index[is_future]]
    return names


def _restated_table(
    record: LedgerRecord,
    dates: NDArray[np.datetime64],
    codes: NDArray[np.str_],
    marks: NDArray[np.float64],
) -> pd.DataFrame:
    """Return the holdings that were stated off their last close, a row for each close."""
    rows = of_account(record.restated)
    day, stock = rows[:, 0].astype(np.int64) + 1, rows[:, 1].astype(np.int64)
    shares, ratio = rows[:, 2], rows[:, 3]
    mark = marks[day, stock]
    return pd.DataFrame(
        {
            "date": pd.DatetimeIndex(dates[day]),
            "code": pd.array(np.asarray(codes, dtype=object)[stock], dtype="str"),
            "shares": shares.astype(np.int64),
            "last_close": mark,
            "stated_value": mark * ratio,
            "adjustment_yuan": shares * mark * (ratio - 1.0),
        }
    )


def _contracts_table(
    record: LedgerRecord,
    dates: NDArray[np.datetime64],
    contracts: list[str],
    inputs: LedgerInputs,
) -> pd.DataFrame:
    """Lots of every contract held at a close or traded on the day, with price, value, margin."""
    held: dict[tuple[int, int], float] = {}
    for day, c, lots in record.contracts[:, :3]:
        held[int(day), int(c)] = held.get((int(day), int(c)), 0.0) + lots
    traded = record.trades[record.trades[:, 1] == layout.FUTURE]
    keys = sorted(held.keys() | {(int(day), int(c)) for day, c in traded[:, [0, 2]]})
    day, contract = np.array(keys, dtype=np.int64).reshape(-1, 2).T
    lots = np.array([held.get(key, 0.0) for key in keys])
    futures = inputs.futures
    price = futures.settlement[day + 1, contract]
    value = -lots * futures.multiplier[futures.product[contract]] * price
    return pd.DataFrame(
        {
            "date": pd.DatetimeIndex(dates[day + 1]),
            "contract": pd.array(np.asarray([*contracts, ""], dtype=object)[contract], dtype="str"),
            "lots": lots.astype(np.int64),
            "settlement_price": price,
            "futures_notional": value,
            "margin_required": np.abs(value) * futures.margin_rate[day + 1, contract],
        }
    )
