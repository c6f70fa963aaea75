"""The state of the ledger by names, so that a run can go on in a market that has grown.

Positions in arrays mean nothing on another day: a market that was updated has more days, stocks,
contracts and actions. What lasts over a close is therefore kept by code, contract name, date and
ex-day (:meth:`Names.state_named`) and laid onto the arrays of the new inputs
(:meth:`Names.state_laid`).
"""

from collections.abc import Mapping
from typing import Any, NamedTuple

import numpy as np

from quanthedge.errors import DataError
from quanthedge.ledger import layout
from quanthedge.ledger.inputs import LedgerInputs
from quanthedge.ledger.state import FundState, LedgerState, opening_state
from quanthedge.typing import Days, Floats

__all__ = ["KeptState", "Names"]

KeptState = dict[str, Any]  # plain data: what a JSON file holds

_SCALARS = {
    "stock_cash": layout.STOCK_CASH,
    "futures_cash": layout.FUTURES_CASH,
    "fees_payable": layout.PAYABLE,
    "days_left_for_orders": layout.DAYS_LEFT,
    "high_water_mark_ticks": layout.MARK_TICKS,
    "equity": layout.EQUITY,
    "cash_to_raise": layout.RAISE_CASH,
    "margin_cut_days": layout.MARGIN_CUT,
    "rebalances_done": layout.NEXT_REBALANCE,
    "units": layout.UNITS,
    "stock_value": layout.STOCK_VALUE,
    "dividends_receivable": layout.RECEIVABLE,
    "hedge_unfinished": layout.UNFINISHED,
    "loan": layout.LOAN,
    "loan_target": layout.LOAN_TARGET,
    "redemptions_payable": layout.OWED,
    "redemptions_due": layout.OWED_DUE,
    "service_fee_base": layout.SERVICE_BASE,
    "revaluation": layout.REVALUATION,
    "accrued_performance_fee": layout.ACCRUED,
    "days_left_for_contracts": layout.LOT_DAYS_LEFT,
    "cash_of_sleeve": layout.SLEEVE_CASH,
    "ratio_of_legs": layout.LEG_RATIO,
    "stocks_borrowed": layout.LENT,
    "cash_pledged": layout.PLEDGED,
}
_OWN = {name: k for name, k in _SCALARS.items() if k >= layout.OWN}
_LOT = ("bought_on", "shares", "tax_short", "tax_mid", "tax_long")


class Names(NamedTuple):
    """What the axes of a run's inputs are called.

    Attributes
    ----------
    dates : datetime64[D] [T + 1]
        Trading days of the span, with the day before it.
    later : datetime64[D]
        Trading days after the span, on which dividends may be paid.
    codes : str [N], contracts : list of C names, products : list of P names
    sleeves : tuple of S labels
        Empty for a fund of its stocks and their hedge alone.
    """

    dates: Days
    later: Days
    codes: Any
    contracts: list[str]
    products: list[str]
    sleeves: tuple[str, ...] = ()

    @property
    def days(self) -> Days:
        """Trading days from the first of the span on, also after it."""
        return np.concatenate([self.dates[1:], self.later]).astype("datetime64[D]")

    def state_named(
        self, state: LedgerState | FundState, inputs: LedgerInputs, day: int
    ) -> KeptState:
        """Return the state after the close of day index ``day`` as plain data, by names.

        Numbers are written as they are, so that JSON gives the same bits back. Of several sleeves
        the money stands once, and ``sleeves`` has what is each one's own, by its label.
        """
        head = {
            "date": str(self.days[day]),
            "scalars": {name: float(state.scalars[k]) for name, k in _SCALARS.items()},
            "codes": " ".join(map(str, self.codes)),
            "contracts": list(self.contracts),
        }
        parts = [_named_part(one, inputs, self, day) for one in state.of_sleeves()]
        if isinstance(state, LedgerState):
            return head | parts[0]
        own = [{name: float(one[k - layout.OWN]) for name, k in _OWN.items()} for one in state.own]
        of = zip(self.sleeves, own, parts, strict=True)
        return head | {"sleeves": {label: {"scalars": one} | part for label, one, part in of}}

    def state_laid(
        self,
        kept: KeptState,
        book_return: Floats,
        inputs: LedgerInputs,
    ) -> tuple[LedgerState | FundState, int]:
        """Return the state on the arrays of other inputs, and the day index that is run next.

        Parameters
        ----------
        kept : dict
            As :meth:`state_named` gives it.
        book_return : float64
            The own return of the stocks' book on the days run so far; that of another sleeve is not
            kept, because a sleeve that states its contracts does not ask for it.
        inputs : LedgerInputs
        names : Names
            Of these inputs.

        Raises
        ------
        DataError
            Something that is held, wanted or due has no place in the inputs.
        """
        place = _Places(self)
        day = place.day(kept["date"])
        state = opening_state(inputs)
        for name, k in _SCALARS.items():
            state.scalars[k] = kept["scalars"][name]
        parts = state.of_sleeves()
        if isinstance(state, LedgerState):
            _lay(kept, parts[0], inputs, place)
        else:
            for s, label in enumerate(self.sleeves):
                of_sleeve = kept["sleeves"][label]
                for name, k in _OWN.items():
                    state.own[s, k - layout.OWN] = of_sleeve["scalars"][name]
                _lay(of_sleeve, parts[s], inputs, place)
        parts[0].book_return[: day + 1] = book_return
        return state, day + 1


# -- the state


def _named_part(state: LedgerState, inputs: LedgerInputs, names: Names, day: int) -> dict[str, Any]:
    """Return what a sleeve holds, wants and waits for, by names."""
    carried, days = state.carried, names.days
    due = {
        str(days[d]): float(carried.due[d])
        for d in range(day + 1, carried.due.size)
        if carried.due[d] != 0.0
    }
    waiting = np.flatnonzero(carried.waiting)
    action_day = np.searchsorted(inputs.actions.pointer, waiting, side="right") - 1
    return {
        "shares": _by_name(state.shares, names.codes, state.shares != 0.0),
        "wanted": _by_name(state.pending, names.codes, ~np.isnan(state.pending)),
        "locked": _by_name(carried.locked, names.codes, carried.locked != 0.0),
        "restated": [str(names.codes[i]) for i in np.flatnonzero(carried.restated)],
        "dividends_due": due,
        "new_shares_waiting": [
            {
                "code": str(names.codes[inputs.actions.stock[a]]),
                "ex_day": str(days[t]),
                "shares": float(carried.waiting[a]),
            }
            for a, t in zip(waiting, action_day, strict=True)
        ],
        "tax_lots": _tax_lots(state, names),
        "lots": _by_name(state.lots, names.contracts, state.lots != 0.0),
        "wanted_lots": _by_name(state.wanted_lots, names.contracts, ~np.isnan(state.wanted_lots)),
        "index_level_at_review": _by_name(
            state.last_level, names.products, ~np.isnan(state.last_level)
        ),
    }


def _by_name(values: Floats, names: Any, kept: Any) -> dict[str, float]:
    return {str(names[i]): float(values[i]) for i in np.flatnonzero(kept)}


def _tax_lots(state: LedgerState, names: Names) -> dict[str, list[dict[str, Any]]]:
    """Return the lots of each stock, oldest first."""
    lots, counts, days = state.carried.lots, state.carried.lot_count, names.days
    return {
        str(names.codes[i]): [
            dict(
                zip(
                    _LOT,
                    (str(days[int(lots[i, k, 0])]), *map(float, lots[i, k, 1:])),
                    strict=True,
                )
            )
            for k in range(counts[i])
        ]
        for i in np.flatnonzero(counts)
    }


def _lay(
    kept: Mapping[str, Any], state: LedgerState, inputs: LedgerInputs, place: "_Places"
) -> None:
    """Lay what a sleeve holds, wants and waits for onto its arrays."""
    carried = state.carried
    for target, key, axis in (
        (state.shares, "shares", place.code),
        (state.pending, "wanted", place.code),
        (carried.locked, "locked", place.code),
        (state.lots, "lots", place.contract),
        (state.wanted_lots, "wanted_lots", place.contract),
        (state.last_level, "index_level_at_review", place.product),
    ):
        for name, value in kept[key].items():
            target[axis(name)] = value
    for code in kept["restated"]:
        carried.restated[place.code(code)] = True
    for date, yuan in kept["dividends_due"].items():
        carried.due[_due_day(date, place.names, carried.due.size)] += yuan
    for one in kept["new_shares_waiting"]:
        action = _action(place.day(one["ex_day"]), place.code(one["code"]), inputs)
        carried.waiting[action] = one["shares"]
    for code, lots in kept["tax_lots"].items():
        i = place.code(code)
        if len(lots) > carried.lots.shape[1]:
            raise DataError(f"state of the run: {len(lots)} lots of {code}")
        for k, lot in enumerate(lots):
            carried.lots[i, k] = (place.day(lot["bought_on"]), *(lot[name] for name in _LOT[1:]))
        carried.lot_count[i] = len(lots)


class _Places:
    """Where names stand in the axes of inputs."""

    def __init__(self, names: Names) -> None:
        self.names = names
        self._days = {str(date): k for k, date in enumerate(names.days)}
        self._codes = {str(code): k for k, code in enumerate(names.codes)}
        self._contracts = {name: k for k, name in enumerate(names.contracts)}
        self._products = {name: k for k, name in enumerate(names.products)}

    def day(self, date: str) -> int:
        return self._of(date, self._days, "trading day")

    def code(self, code: str) -> int:
        return self._of(code, self._codes, "stock")

    def contract(self, name: str) -> int:
        return self._of(name, self._contracts, "contract")

    def product(self, name: str) -> int:
        return self._of(name, self._products, "product")

    def _of(self, name: str, places: Mapping[str, int], kind: str) -> int:
        if name not in places:
            raise DataError(f"state of the run: the market has no {kind} {name[:20]} in the span")
        return places[name]


def _due_day(date: str, names: Names, size: int) -> int:
    """Return the day index of a payment; one that the calendar moved is paid on the next day."""
    place = int(np.searchsorted(names.days, np.datetime64(date, "D")))
    if place >= size:
        raise DataError(f"state of the run: a dividend is due on {date}, which no action explains")
    return place


def _action(day: int, stock: int, inputs: LedgerInputs) -> int:
    book = inputs.actions
    rows = range(int(book.pointer[day]), int(book.pointer[day + 1]))
    found = [a for a in rows if book.stock[a] == stock]
    if not found:
        raise DataError("state of the run: new shares wait for an action that the market lacks")
    return found[0]
