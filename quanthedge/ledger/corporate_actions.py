"""From the table of corporate actions to the ledger's arrays, with the ex-day identity checked."""

from itertools import combinations
from typing import NamedTuple

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from quanthedge.errors import DataError
from quanthedge.ledger.inputs import ActionBook, TaxBook
from quanthedge.rules import DividendTax
from quanthedge.typing import Floats

__all__ = [
    "ActionUse",
    "TaxRates",
    "action_book",
    "factor_steps",
    "listing_order",
    "tax_book",
    "with_taxes",
]

_RATES = ("at_payment", "short_term", "mid_term", "long_term")  # fields of TaxRates
_TAXES = ("tax_withheld", "tax_short", "tax_mid", "tax_long")  # yuan per share held
_NUMBERS = ("cash_per_share", "bonus_per_share", "rights_per_share", "rights_price")
_SPLIT = ("out_of_profit", "unknown_split")  # bonus shares per share held
_STOCK_PART = "stock_dividend_per_share"
LOTS = 256  # the trading days of a year and the lot of all that is older
_HALF_CENT = 0.0051
STEP = 1e-9
# An event that misses the previous close by more than both of these is not what holders got.
_NEAR = 0.005
_CENT = 0.0151
_MANY = 6  # events of one stock and day, of which every choice is no longer tried
_ROWS = 64  # days at a time


class TaxRates(NamedTuple):
    """Shares of a dividend by its record day: withheld when paid, and due in all by holding period.

    ``at_payment``, ``short_term`` (up to a month), ``mid_term`` (up to a year), ``long_term`` are
    float64 [R], those of ``days``, datetime64[D] [R], sorted; ``used`` are the rules that say so.
    """

    days: NDArray[np.datetime64]
    at_payment: Floats
    short_term: Floats
    mid_term: Floats
    long_term: Floats
    used: pd.DataFrame | None = None

    @classmethod
    def of_public_funds(cls, days: NDArray[np.datetime64]) -> "TaxRates":
        """Return what public securities funds pay on dividends of some record days, [R], sorted.

        Raises
        ------
        RuleError
            The rule book does not cover a day.
        """
        if days.size == 0:
            none = np.empty(0)
            return cls(days, none, none, none, none)
        tax = DividendTax.between("public securities fund", days)
        month, year, longer = (np.ascontiguousarray(tax.rate[:, k]) for k in range(3))
        withheld = np.ascontiguousarray(tax.at_payment[:, 0])
        return cls(days, withheld, month, year, longer, tax.used)

    @classmethod
    def of_actions(cls, table: pd.DataFrame, dates: NDArray[np.datetime64]) -> "TaxRates":
        """Return what public securities funds pay on the dividends of a span.

        Parameters
        ----------
        table : DataFrame
            corporate_actions.
        dates : datetime64[D] [T + 1]
            Trading days of the span and the day before it.
        """
        ex_date = table["ex_date"].to_numpy().astype("datetime64[D]")
        rows = table[(ex_date > dates[0]) & (ex_date <= dates[-1])]
        return cls.of_public_funds(np.unique(_record_days(rows, dates)))


class ActionUse(NamedTuple):
    """How the actions of a span were told.

    Attributes
    ----------
    from_table
        Ex-dates that the table explains.
    from_factor
        Steps of the adjustment factor without a row, of stocks that traded in the span before (no
        other can be held): shares grow by the step.
    off_reference
        Ex-dates whose reference price by the exchanges' formula differs from the exchange's
        previous close by more than half a cent: code, date, formula, pre_close.
    contradicted
        Events that are not booked because the exchange's previous close bears out something else:
        code, ex_date, date, formula, pre_close. Shares grow by the factor's step on that day, if
        there is one.
    waiting
        Events of stocks that did not trade again in the span: nothing is booked before they do.
    stock_dividend : float64 [A]
        Bonus shares out of profit per share held, by action of the book.
    unknown_split : float64 [A]
        Bonus shares per share held, by action of the book, of which the table does not say what
        part is paid out of profit: they are taxed as a conversion, which is not at all.
    """

    from_table: int
    from_factor: int
    off_reference: pd.DataFrame
    contradicted: pd.DataFrame
    waiting: int
    stock_dividend: Floats
    unknown_split: Floats


def listing_order(
    day: NDArray[np.int64], list_day: NDArray[np.int64], days: int
) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Return which actions' shares, waiting since an earlier day, are listed on each day.

    Parameters
    ----------
    day, list_day : int64 [A]
        Day of each action, and day on which its shares are listed (``days`` = after the span).
    days : int

    Returns
    -------
    pointer : int64 [T + 1], order : int64
        The actions of day t are ``order[pointer[t]:pointer[t + 1]]``.
    """
    late = np.flatnonzero((list_day > day) & (list_day < days))
    order = late[np.argsort(list_day[late], kind="stable")].astype(np.int64)
    pointer = np.searchsorted(list_day[order], np.arange(days + 1)).astype(np.int64)
    return pointer, order


def action_book(
    table: pd.DataFrame,
    dates: NDArray[np.datetime64],
    codes: NDArray[np.str_],
    mark: Floats,
    adj_factor: Floats,
    pre_close: Floats,
    list_delay: NDArray[np.int64],
    tax: TaxRates | None = None,
    later: NDArray[np.datetime64] | None = None,
) -> tuple[ActionBook, TaxBook, Floats, ActionUse]:
    """Return actions and tax of a span, the adjustment factor that fits them, and what was found.

    Parameters
    ----------
    table
        corporate_actions: code, ex_date, cash_per_share, bonus_per_share, rights_per_share,
        rights_price, record_date, pay_date, list_date.
    dates : datetime64[D] [T + 1]
        Trading days of the span and the day before it.
    codes : str [N], sorted
    mark, adj_factor : float64 [T + 1, N]
        Last closes, and the factor of the market.
    pre_close : float64 [T, N]
        The exchange's previous close; NaN where the stock did not trade.
    list_delay : int64 [N]
        Trading days after the ex-date on which a stock's new shares are listed where the table
        does not say it.
    tax : TaxRates, optional
        None: no tax.
    later : datetime64[D], optional
        Trading days after the span. Payments on them keep their own day, so that what is summed
        over days does not depend on where the span ends; without them all fall on day T.

    Notes
    -----
    The tax is that of the record day; where it is not known, of the trading day before the ex-date.
    Taxed are the cash and the bonus shares out of profit (``stock_dividend_per_share``) at par.
    An action takes effect on the first day on or after its ex-date on which the stock trades: a
    suspended stock keeps its mark until then. The factor returned steps by
    ``mark * (1 + bonus + rights) / (mark - cash + rights * rights_price)`` on these days (the
    exchanges' ex-date formula, not rounded) and as the market's factor on all others.

    The exchange's previous close is the judge of what holders got. Where several events fall on a
    day (a suspension spanned them, or two sources date one event differently), those that together
    give it are booked. An event that misses it by more than 0.5% and 1.5 cents is not: shares that
    went to creditors in a restructuring, rights that were not taken up in full, an amount misread.

    Raises
    ------
    DataError
        An action leaves a share without value.
    """
    days = len(dates) - 1
    placed, waiting = _placed(table, dates, codes, mark, pre_close, list_delay, tax)
    _check_worth(placed, mark)
    borne_out = _borne_out(placed, mark, pre_close)
    contradicted = _contradicted(placed[~borne_out], dates, mark, pre_close)
    rows = _merged(placed[borne_out].reset_index(drop=True))
    t, i = rows["day"].to_numpy(), rows["stock"].to_numpy()
    cash, bonus, rights, price = (rows[name].to_numpy(dtype=np.float64) for name in _NUMBERS)
    last = mark[t, i]
    reference = (last - cash + rights * price) / (1.0 + bonus + rights)
    lonely = _held_before(*_unexplained(adj_factor, t, i), pre_close)
    factor = _carried(adj_factor, last / reference, t, i)
    off = np.abs(reference - pre_close[t, i]) > _HALF_CENT
    found = pd.DataFrame(
        {
            "code": codes[i[off]],
            "date": pd.DatetimeIndex(dates[t[off] + 1].astype("datetime64[s]")),
            "formula": reference[off].round(4),
            "pre_close": pre_close[t[off], i[off]],
        }
    )
    after = dates[:0] if later is None else later
    pay = np.maximum(_pay_days(rows, np.concatenate([dates, after])), t)
    pointer = np.searchsorted(t, np.arange(days + 1)).astype(np.int64)
    listed = np.minimum(np.maximum(rows["list_day"].to_numpy(), t), days)
    book = ActionBook(
        pointer, i, cash, bonus, rights, price, np.minimum(pay, days + len(after)), listed,
        *listing_order(t, listed, days),
    )  # fmt: skip
    taxes = TaxBook.none(days, len(t)) if tax is None else tax_book(dates, rows)
    parts = (rows[name].to_numpy(dtype=np.float64) for name in _SPLIT)
    use = ActionUse(len(t), lonely, found, contradicted, waiting, *parts)
    return book, taxes, factor, use


def _unexplained(
    factor: Floats, day: NDArray[np.int64], stock: NDArray[np.int64]
) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Return day and stock of each step of the factor on which there is no action."""
    found = []
    for begin in range(0, len(factor) - 1, _ROWS):
        rows, stocks = np.nonzero(
            np.abs(factor_steps(factor[begin : begin + _ROWS + 1]) - 1) > STEP
        )
        found.append(np.stack([rows + begin, stocks]))
    days, stocks = np.concatenate(found, axis=1)
    n = factor.shape[1]
    free = ~np.isin(days * n + stocks, day * n + stock)
    return days[free], stocks[free]


def _carried(
    given: Floats, step: Floats, day: NDArray[np.int64], stock: NDArray[np.int64]
) -> Floats:
    """Return the factor that goes by the actions' steps from each stock's first action on.

    Before that, and on days without an action, it is the market's to the last bit, whether the span
    has an action to come or not: stepped through from the beginning it would differ by rounding.
    """
    factor = np.array(given)
    begun, where = np.unique(stock, return_index=True)  # actions are in the order of their days
    first = day[where]
    order = np.argsort(first, kind="stable")
    begun, first = begun[order], first[order]
    place = np.zeros(given.shape[1], dtype=np.int64)
    place[begun] = np.arange(begun.size)
    base, grown = given[first, begun], np.ones(begun.size)
    # some days at a time: whole arrays of the market's size do not fit a processor's cache
    for begin in range(int(first[0]) if begun.size else len(given) - 1, len(given) - 1, _ROWS):
        end = min(begin + _ROWS, len(given) - 1)
        some = slice(int(np.searchsorted(first, end)))
        rows, columns = slice(begin + 1, end + 1), begun[some]
        steps = factor_steps(given[begin : end + 1][:, columns])
        now = slice(*np.searchsorted(day, [begin, end]))
        steps[day[now] - begin, place[stock[now]]] = step[now]
        waiting = np.arange(begin, end)[:, None] < first[some]
        steps[waiting] = 1.0
        product = np.cumprod(np.vstack([grown[some], steps]), axis=0)[1:]
        grown[some] = product[-1]
        factor[rows, columns] = np.where(waiting, given[rows][:, columns], base[some] * product)
    return factor


def _placed(
    table: pd.DataFrame,
    dates: NDArray[np.datetime64],
    codes: NDArray[np.str_],
    mark: Floats,
    pre_close: Floats,
    list_delay: NDArray[np.int64],
    tax: TaxRates | None,
) -> tuple[pd.DataFrame, int]:
    """Return the rows of the span with their day and stock in order, and how many have no day."""
    rows = table[np.isin(table["code"].to_numpy(dtype=str), codes)]
    place = np.searchsorted(codes, rows["code"].to_numpy(dtype=str))
    rows = rows.assign(stock=place.astype(np.int64))
    ex_date = rows["ex_date"].to_numpy().astype("datetime64[D]")
    rows = rows[(ex_date > dates[0]) & (ex_date <= dates[-1])]
    ex_date = rows["ex_date"].to_numpy().astype("datetime64[D]")
    first = np.searchsorted(dates[1:], ex_date).astype(np.int64)
    trades = np.isfinite(pre_close)
    stock, day = rows["stock"].to_numpy(), first.copy()
    for k in np.flatnonzero(~trades[first, stock]):  # few: most trade on the day itself
        day[k] = _first_true(trades[first[k] :, stock[k]], first[k])
    rows = rows.assign(day=day, list_day=_list_days(rows, dates, list_delay))
    if tax is not None:
        rows = with_taxes(rows, tax, np.searchsorted(tax.days, _record_days(rows, dates)))
    part = _stock_part(rows)
    unknown = np.where(part.isna(), rows["bonus_per_share"], 0.0)
    rows = rows.assign(out_of_profit=part.fillna(0.0), unknown_split=unknown)
    waiting = int(((day < 0) & np.isfinite(mark[-1, rows["stock"].to_numpy()])).sum())
    rows = rows[day >= 0].fillna({"rights_price": 0.0})
    rows = rows[np.isfinite(mark[rows["day"].to_numpy(), rows["stock"].to_numpy()])]
    return rows.sort_values(["day", "stock", "ex_date"], ignore_index=True), waiting


def _stock_part(rows: pd.DataFrame) -> pd.Series:
    """Return what part of each bonus is paid out of profit; NaN where that is not known."""
    if _STOCK_PART not in rows.columns:
        return pd.Series(np.nan, index=rows.index)
    return rows[_STOCK_PART].astype(np.float64)


def with_taxes(rows: pd.DataFrame, rates: TaxRates, place: NDArray[np.int64]) -> pd.DataFrame:
    """Add the tax on each action, yuan per share held: withheld, and further by holding period.

    Parameters
    ----------
    rows
        cash_per_share, and stock_dividend_per_share if it is known.
    rates : TaxRates
    place : int64 [A]
        Row of the rates by which each action is taxed.

    Notes
    -----
    No more is withheld than there is cash: what it does not cover is due at the sale.
    """
    cash = rows["cash_per_share"].to_numpy(dtype=np.float64)
    taxed = cash + DividendTax.PAR_YUAN * _stock_part(rows).fillna(0.0).to_numpy(dtype=np.float64)
    at_payment = rates.at_payment[place]
    withheld = np.minimum(at_payment * taxed, cash)
    totals = (np.maximum(getattr(rates, name)[place], at_payment) * taxed for name in _RATES[1:])
    columns = (withheld, *(total - withheld for total in totals))
    return rows.assign(**dict(zip(_TAXES, columns, strict=True)))


def _check_worth(rows: pd.DataFrame, mark: Floats) -> None:
    """Raise DataError for an action that leaves a share without value."""
    last = mark[rows["day"].to_numpy(), rows["stock"].to_numpy()]
    cash, _, rights, price = (rows[name].to_numpy(dtype=np.float64) for name in _NUMBERS)
    nothing = ~(last - cash + rights * price > 0)
    if nothing.any():
        k = int(nothing.argmax())
        row = rows.iloc[k]
        raise DataError(
            f"corporate_actions: {row['code']} {row['ex_date']:%Y-%m-%d}: "
            f"{cash[k]} yuan on a share of {last[k]} leave nothing; correct the row"
        )


def _held_before(day: NDArray[np.int64], stock: NDArray[np.int64], pre_close: Floats) -> int:
    """Return how many of some days are of stocks that can be held: that traded before."""
    some, place = np.unique(stock, return_inverse=True)
    traded = np.isfinite(pre_close[:, some])
    first = np.where(traded.any(axis=0), traded.argmax(axis=0), len(traded))
    return int((day > first[place]).sum())


def factor_steps(factor: Floats) -> Floats:
    """Return each day's adjustment factor over that of the day before; NaN where there is none."""
    before = factor[:-1]
    with np.errstate(divide="ignore", invalid="ignore"):
        steps = factor[1:] / before  # NaN where one is
    none = (before == 0.0) | np.isinf(before)
    if none.any():
        steps[none] = np.nan
    return np.asarray(steps)


def _borne_out(rows: pd.DataFrame, mark: Floats, pre_close: Floats) -> NDArray[np.bool_]:
    """Return which rows together give the exchange's previous close of their day."""
    t, i = rows["day"].to_numpy(), rows["stock"].to_numpy()
    last, given = mark[t, i], pre_close[t, i]
    numbers = rows[list(_NUMBERS)].to_numpy(dtype=np.float64)
    money, free, bought, price_paid = numbers.T
    alone = (last - money + bought * price_paid) / (1.0 + free + bought)
    found = np.abs(alone - given) <= np.maximum(_CENT, _NEAR * given)
    place = np.flatnonzero(np.r_[True, (np.diff(t) != 0) | (np.diff(i) != 0)][: len(rows)])
    ends = np.append(place[1:], len(rows))
    several = ends - place > 1
    for begin, end in zip(place[several], ends[several], strict=True):
        found[begin:end] = False
        for chosen in _subsets(range(begin, end)):
            price = last[begin]
            for cash, bonus, rights, paid in numbers[list(chosen)]:
                price = (price - cash + rights * paid) / (1.0 + bonus + rights)
            if abs(price - given[begin]) <= max(_CENT, _NEAR * given[begin]):
                found[list(chosen)] = True
                break
    return np.asarray(found)


def _subsets(rows: range) -> list[tuple[int, ...]]:
    """Return all choices of rows, the whole first; only the whole where there are many."""
    if len(rows) > _MANY:
        return [tuple(rows)]
    return [c for size in range(len(rows), 0, -1) for c in combinations(rows, size)]


def _contradicted(
    rows: pd.DataFrame, dates: NDArray[np.datetime64], mark: Floats, pre_close: Floats
) -> pd.DataFrame:
    """Return the events that are not booked, each with its own reference price."""
    t, i = rows["day"].to_numpy(), rows["stock"].to_numpy()
    cash, bonus, rights, price = (rows[name].to_numpy(dtype=np.float64) for name in _NUMBERS)
    return pd.DataFrame(
        {
            "code": rows["code"].to_numpy(dtype=str),
            "ex_date": rows["ex_date"].to_numpy(),
            "date": pd.DatetimeIndex(dates[t + 1].astype("datetime64[s]")),
            "formula": ((mark[t, i] - cash + rights * price) / (1.0 + bonus + rights)).round(4),
            "pre_close": pre_close[t, i],
        }
    )


def _merged(rows: pd.DataFrame) -> pd.DataFrame:
    """Join actions that take effect on one day (a suspension spanned several ex-dates)."""
    first = np.flatnonzero(~rows.duplicated(["day", "stock"]))  # rows are in their order
    counts = np.diff(np.append(first, len(rows)))
    if (counts == 1).all():
        return rows
    merged = rows.drop_duplicates(["day", "stock"], keep="last", ignore_index=True)
    summed = [name for name in (*_TAXES, *_SPLIT) if name in rows.columns]
    numbers, told = (rows[list(names)].to_numpy(dtype=np.float64) for names in (_NUMBERS, summed))
    joined, sums = (
        merged[list(names)].to_numpy(dtype=np.float64, copy=True) for names in (_NUMBERS, summed)
    )
    for place in np.flatnonzero(counts > 1):
        members = slice(first[place], first[place] + counts[place])
        cash = rights = paid = 0.0
        held = 1.0
        holdings = []
        for cash_one, bonus_one, rights_one, price_one in numbers[members]:
            holdings.append(held)
            cash += held * cash_one
            rights += held * rights_one
            paid += held * rights_one * price_one
            held *= 1.0 + bonus_one
        joined[place] = cash, held - 1.0, rights, paid / rights if rights else 0.0
        sums[place] = np.array(holdings) @ told[members]  # each dividend at its own rates
    merged[list(_NUMBERS)], merged[summed] = joined, sums
    return merged.assign(list_day=np.maximum.reduceat(rows["list_day"].to_numpy(), first))


def _first_true(values: NDArray[np.bool_], offset: int) -> int:
    return offset + int(values.argmax()) if values.any() else -1


def _pay_days(rows: pd.DataFrame, dates: NDArray[np.datetime64]) -> NDArray[np.int64]:
    """Return the day index of each payment; that of the ex-date where none is given."""
    pay = rows["pay_date"].to_numpy().astype("datetime64[D]")
    place = np.searchsorted(dates[1:], pay).astype(np.int64)
    return np.where(np.isnat(pay), rows["day"].to_numpy(), place)


def _list_days(
    rows: pd.DataFrame, dates: NDArray[np.datetime64], list_delay: NDArray[np.int64]
) -> NDArray[np.int64]:
    """Return the day index from which each action's new shares can be sold."""
    told = rows["list_date"].to_numpy().astype("datetime64[D]")
    ex_date = rows["ex_date"].to_numpy().astype("datetime64[D]")
    by_rule = np.searchsorted(dates[1:], ex_date) + list_delay[rows["stock"].to_numpy()]
    place = np.searchsorted(dates[1:], told)
    return np.where(np.isnat(told), by_rule, place).astype(np.int64)


def _record_days(rows: pd.DataFrame, dates: NDArray[np.datetime64]) -> NDArray[np.datetime64]:
    """Return the record day of each action; the trading day before the ex-date where not known.

    Parameters
    ----------
    rows
        corporate_actions with ex-dates after ``dates[0]``.
    dates : datetime64[D]
        Trading days.
    """
    told = rows["record_date"].to_numpy().astype("datetime64[D]")
    ex_date = rows["ex_date"].to_numpy().astype("datetime64[D]")
    before = dates[np.maximum(np.searchsorted(dates, ex_date) - 1, 0)]
    return np.where(np.isnat(told), before, told).astype("datetime64[D]")


def tax_book(dates: NDArray[np.datetime64], rows: pd.DataFrame) -> TaxBook:
    """Return the tax of a span: yuan of each action [A] and the holding periods of sale days [T].

    Parameters
    ----------
    dates : datetime64[D] [T + 1]
        Trading days of the span and the day before it.
    rows
        For each action tax_withheld, tax_short, tax_mid, tax_long: yuan per share held, withheld
        when paid, and further when the share is sold within a month, a year, later.

    Notes
    -----
    A holding period runs from the day of purchase to the day before the sale; sold on the same day
    of the next month it was held exactly one month, which is the shorter bracket (notices 85 of
    2012 and 101 of 2015).
    """
    days = dates[1:].astype("datetime64[D]")
    withheld, short, mid, long = (rows[name].to_numpy(dtype=np.float64) for name in _TAXES)
    return TaxBook(withheld, short, mid, long, *DividendTax.begins(days), LOTS)
