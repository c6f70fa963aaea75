"""The companies of a simulated market: what each is and what will happen to it.

Listing, special treatment (ST), delisting, suspensions and ex-dates are drawn before any price, so
that they do not depend on prices; earnings are drawn to agree with them.
"""

from dataclasses import dataclass
from typing import Any

import numpy as np

from quanthedge.market.simulation.calendar import DAYS_PER_YEAR, first_on_or_after
from quanthedge.market.simulation.names import industry_count, stock_codes
from quanthedge.market.simulation.settings import SimulationSettings
from quanthedge.typing import Days

__all__ = ["QUIET_DAYS", "Companies", "Lives", "draw_companies", "draw_lives"]

Array = np.ndarray[Any, Any]
_Generators = dict[str, np.random.Generator]
NEVER = 2**31
_DELISTING_DAYS = 30
QUIET_DAYS = 25  # trading days after a listing without suspension


@dataclass(frozen=True)
class Companies:
    """What each stock is, all arrays [N], in the order of `codes` (sorted).

    `beta_mean` is the level to which the loading on the market factor reverts; `turnover` and
    `specific_volatility` are daily fractions; `price_to_book` is the level to which the books
    grow back; `payout` the share of earnings paid out.
    """

    codes: Array
    industry: Array
    beta_mean: Array
    specific_volatility: Array
    turnover: Array
    price: Array
    shares: Array
    float_fraction: Array
    profitability: Array
    price_to_book: Array
    payout: Array
    leverage: Array
    margin: Array


@dataclass(frozen=True)
class Lives:
    """What happens to each stock, as day rows.

    Attributes
    ----------
    listed, gone
        Row of the first day of trading (-1: before the start) and of the first day on which the
        stock is gone (NEVER: beyond the end), int64 [N].
    list_dates
        Listing dates, datetime64[D] [N].
    special_from, special_to, delisting_from
        Rows: ST holds from `special_from` until before `special_to`; the delisting period from
        `delisting_from` until `gone`; int64 [N].
    suspended
        Whether a stock is suspended on a day, bool [T, N].
    ex_dates
        Rows (day, stock, bonus shares per share), in order of day.
    """

    listed: Array
    gone: Array
    list_dates: Array
    special_from: Array
    special_to: Array
    delisting_from: Array
    suspended: Array
    ex_dates: list[tuple[int, int, float]]

    def special(self, row: int) -> Array:
        """Return which stocks are ST on a day, bool [N]."""
        inside: Array = (self.special_from <= row) & (row < self.special_to)
        return inside

    def delisting(self, row: int) -> Array:
        """Return which stocks are in their delisting period on a day, bool [N]."""
        inside: Array = (self.delisting_from <= row) & (row < self.gone)
        return inside

    def alive(self, row: int) -> Array:
        """Return which stocks are listed on a day, bool [N]."""
        inside: Array = (self.listed <= row) & (row < self.gone)
        return inside


def draw_companies(settings: SimulationSettings, calendar: Days, streams: _Generators) -> Companies:
    """Draw the traits of every company from `streams["companies"]`."""
    draw = streams["companies"]
    count = settings.stocks
    new = _new_listings(settings, calendar)
    growth_board = bool(calendar[0] >= np.datetime64("2009-11-02"))
    codes = np.array(stock_codes(count - new, new, growth_board))
    codes = codes[np.argsort(codes, kind="stable")]
    profitability = draw.normal(0.085, 0.05, count)
    noise = draw.standard_normal((8, count))
    price_to_book = np.exp(0.55 + 5.0 * (profitability - 0.085) + 0.4 * noise[0])
    price = np.clip(np.exp(2.5 + 0.6 * noise[1]), 3.0, 90.0)
    capital = np.exp(22.7 + 1.0 * noise[2])
    volatility = settings.specific_volatility_per_day * np.exp(0.25 * noise[3] - 0.03125)
    turnover = np.exp(-4.4 + 0.6 * noise[4] - 0.25 * (noise[2]))
    beta = 1.0 + settings.beta_deviation_between_stocks * np.clip(noise[5], -2.5, 2.5)
    return Companies(
        codes=codes,
        industry=draw.integers(industry_count(count), size=count),
        beta_mean=beta,
        specific_volatility=volatility,
        turnover=turnover,
        price=np.round(price, 2),
        shares=np.maximum(np.round(capital / price / 1e4), 1_000) * 1e4,
        float_fraction=np.round(draw.uniform(0.35, 0.95, count), 2),
        profitability=profitability,
        price_to_book=price_to_book,
        payout=np.where(draw.random(count) < 0.2, 0.0, draw.uniform(0.1, 0.6, count)),
        leverage=np.clip(0.45 + 0.18 * noise[6], 0.08, 0.92),
        margin=np.exp(-2.4 + 0.5 * noise[7]),
    )


def _new_listings(settings: SimulationSettings, calendar: Days) -> int:
    """Return how many of the stocks list during the simulation."""
    wanted = settings.listings_per_year * settings.years * settings.stocks
    return int(min(round(wanted), settings.stocks // 2, 1_998))


def draw_lives(
    settings: SimulationSettings, calendar: Days, companies: Companies, streams: _Generators
) -> Lives:
    """Draw listings, ST spells, delistings, suspensions and ex-dates."""
    days, count = len(calendar), settings.stocks
    listed, list_dates = _listings(calendar, companies.codes, streams["listings"])
    spells = _special_treatments(settings, calendar, listed, streams["special"])
    special_from, special_to, delisting_from, gone = spells
    suspended = _suspensions(settings, days, count, streams["suspensions"])
    row = np.arange(days)[:, None]
    quiet = (row < listed + QUIET_DAYS) & (listed >= 0)
    suspended &= ~quiet & ~((row >= delisting_from) & (row < NEVER))
    suspended[0] = False
    return Lives(
        listed=listed,
        gone=gone,
        list_dates=list_dates,
        special_from=special_from,
        special_to=special_to,
        delisting_from=delisting_from,
        suspended=suspended,
        ex_dates=_ex_dates(settings, calendar, companies, listed, gone, streams["ex_dates"]),
    )


def _listings(calendar: Days, codes: Array, draw: np.random.Generator) -> tuple[Array, Array]:
    """Return listing rows and dates: 603 and 605 codes list during the simulation."""
    new = np.char.startswith(codes, "603") | np.char.startswith(codes, "605")
    ages = draw.uniform(0.5, 15.0, len(codes))
    dates = calendar[0] - np.round(ages * 365).astype("timedelta64[D]")
    growth = np.char.startswith(codes, "30")
    dates = np.where(growth, np.maximum(dates, np.datetime64("2009-10-30")), dates)
    dates = np.where(dates >= calendar[0], calendar[0] - np.timedelta64(180, "D"), dates)
    weekend = (dates.astype(np.int64) + 3) % 7
    dates = dates - np.maximum(weekend - 4, 0).astype("timedelta64[D]")
    rows = np.full(len(codes), -1, dtype=np.int64)
    first, last = 40, len(calendar) - 30
    rows[new] = np.sort(draw.choice(np.arange(first, last), int(new.sum()), replace=True))
    dates[new] = calendar[rows[new]]
    return rows, dates


def _special_treatments(
    settings: SimulationSettings, calendar: Days, listed: Array, draw: np.random.Generator
) -> tuple[Array, Array, Array, Array]:
    """Return special_from, special_to, delisting_from and gone, rows [N].

    ST begins after the annual reports (May) and lasts one or two years; every second spell ends
    in a delisting.
    """
    count, days = len(listed), len(calendar)
    special_from = np.full(count, NEVER, dtype=np.int64)
    special_to, delisting_from, gone = (special_from.copy() for _ in range(3))
    first = int(calendar[0].astype("datetime64[Y]").astype(np.int64)) + 1970
    candidates = draw.permutation(np.flatnonzero(listed < 0)).tolist()
    a_year = round(settings.special_treatments_per_year * count)
    if settings.special_treatments_per_year > 0 and a_year == 0:
        a_year = 1
    for year in range(first - 1, first + settings.years + 1):
        for place in range(a_year):
            length = int(draw.integers(1, 3))
            if not candidates or (place > 0 and len(candidates) < count // 2):
                continue
            stock = candidates.pop()
            begin = first_on_or_after(calendar, year, 5, 3) + int(draw.integers(3))
            end = first_on_or_after(calendar, year + length, 5, 3) + 20
            special_from[stock] = 0 if year < first else begin
            special_to[stock] = end
            if (place + year) % 2 and end < days:
                delisting_from[stock] = end
                gone[stock] = end + _DELISTING_DAYS
    gone[gone >= days] = NEVER
    return special_from, special_to, delisting_from, gone


def _suspensions(
    settings: SimulationSettings, days: int, count: int, draw: np.random.Generator
) -> Array:
    """Return suspensions: most last a few days, some two months, bool [T, N]."""
    begins = draw.random((days, count)) < settings.suspensions_per_year / DAYS_PER_YEAR
    day, stock = np.nonzero(begins)
    short = draw.random(len(day)) < 0.7
    length = np.where(short, draw.geometric(0.25, len(day)), draw.geometric(0.025, len(day)))
    length = np.minimum(length, 120)
    change = np.zeros((days + 1, count), dtype=np.int32)
    np.add.at(change, (day, stock), 1)
    np.add.at(change, (np.minimum(day + length, days), stock), -1)
    suspended: Array = np.cumsum(change[:days], axis=0) > 0
    return suspended


def _ex_dates(
    settings: SimulationSettings,
    calendar: Days,
    companies: Companies,
    listed: Array,
    gone: Array,
    draw: np.random.Generator,
) -> list[tuple[int, int, float]]:
    """Return one ex-date a year in May to July for every payer, some with bonus shares."""
    count = len(listed)
    first = int(calendar[0].astype("datetime64[Y]").astype(np.int64)) + 1970
    events = []
    for year in range(first, first + settings.years + 1):
        begin = first_on_or_after(calendar, year, 5, 15)
        end = first_on_or_after(calendar, year, 7, 20)
        offset, lucky = draw.random(count), draw.random(count)
        bonus = draw.choice([0.2, 0.3, 0.5, 0.8, 1.0], count)
        day = begin + (offset * max(end - begin, 1)).astype(np.int64)
        shares = np.where(lucky < settings.bonus_share_of_ex_dates, bonus, 0.0)
        fit = (day < len(calendar)) & (day > listed + 30) & (day < gone) & (day > 0)
        fit &= (companies.payout > 0) | (shares > 0)
        events += [(int(day[k]), int(k), float(shares[k])) for k in np.flatnonzero(fit)]
    return sorted(events)
