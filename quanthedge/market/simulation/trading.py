"""The trading days of a simulated market, one after the other, all stocks of a day at once.

A return that the price limit does not let through is carried over to the next days, and so is
what happens while a stock is suspended. Halts of stocks that have fallen depend on prices and are
drawn here; all others are drawn before any price.
"""

from dataclasses import dataclass, field
from typing import Any

import numpy as np

from quanthedge.market.simulation.calendar import DAYS_PER_YEAR
from quanthedge.market.simulation.companies import QUIET_DAYS, Companies, Lives
from quanthedge.market.simulation.earnings import Books, Profitability
from quanthedge.market.simulation.factors import FactorPaths, standardised
from quanthedge.market.simulation.settings import SimulationSettings
from quanthedge.rules import TICK, StockRules, limit_prices
from quanthedge.typing import Days

__all__ = ["Bars", "ExDate", "simulate_trading"]

Array = np.ndarray[Any, Any]
_PRICES = ("open", "high", "low", "close", "pre_close")
_COLUMNS = (*_PRICES, "volume", "amount", "adj_factor", "total_shares", "float_shares")
_LOWEST_PRICE = 0.2
_FALL, _FALL_DAYS = 0.25, 15  # after which a stock may ask for a halt
_HALT_DAYS = 10  # mean length of such a halt
_CHEAP = 1.0  # below it shares rise again, as shells are bought: a tick must stay a small move


@dataclass(frozen=True)
class ExDate:
    """A corporate action: on the row, cash and bonus shares for each share held the day before."""

    row: int
    stock: int
    cash_per_share: float
    bonus_per_share: float


@dataclass
class Bars:
    """What traded, and the truth behind it.

    Attributes
    ----------
    columns
        Panels [T, N] by column of stock_daily; close, adj_factor and shares are carried forward,
        the rest is 0 where `traded` is False.
    traded, special, delisting
        bool [T, N].
    loading
        True loading on the market factor, [T, N].
    exposures, exposure_rows
        Style exposures in force from each of the rows on, [U, N, K] and int64 [U].
    ex_dates
        Corporate actions that happened.
    books
        Book values and earnings by quarter.
    """

    columns: dict[str, Array]
    traded: Array
    special: Array
    delisting: Array
    loading: Array
    exposures: Array
    exposure_rows: Array
    books: Books
    ex_dates: list[ExDate] = field(default_factory=list)


def simulate_trading(
    settings: SimulationSettings,
    calendar: Days,
    companies: Companies,
    lives: Lives,
    profitability: Profitability,
    paths: FactorPaths,
    streams: dict[str, np.random.Generator],
    lasting: dict[str, Array],
) -> Bars:
    """Trade every day of the calendar; return all bars.

    ``lasting``: exposures that a company keeps, for styles of these names [N] each.
    """
    floor = _Floor(settings, calendar, companies, lives, profitability, paths, streams, lasting)
    for row in range(len(calendar)):
        floor.trade(row)
    return floor.bars


class _Floor:
    """The state of all stocks between two days, arrays [N]."""

    def __init__(
        self,
        settings: SimulationSettings,
        calendar: Days,
        companies: Companies,
        lives: Lives,
        profitability: Profitability,
        paths: FactorPaths,
        streams: dict[str, np.random.Generator],
        lasting: dict[str, Array],
    ) -> None:
        self.lasting = lasting
        self.settings, self.calendar = settings, calendar
        self.companies, self.lives = companies, lives
        self.profitability, self.paths, self.streams = profitability, paths, streams
        self.rules = StockRules.between(calendar, companies.codes, lives.list_dates)
        count = settings.stocks
        self.close = companies.price.copy()
        self.shares = companies.shares.copy()
        self.factor = np.ones(count)
        self.pressure = np.zeros(count)
        self.drift = np.zeros(count)
        self.recent = np.zeros(count)
        self.activity = np.zeros((2, count))  # slow and fast log turnover around the usual level
        self.cash, self.bonus = np.zeros(count), np.zeros(count)
        self.days_traded = np.where(lives.listed < 0, 1_000, 0)
        self.exposure = np.zeros((count, len(settings.styles)))
        self.quarter_at = {int(t): q for q, t in enumerate(profitability.closing_row)}
        self.actions: dict[int, list[tuple[int, float]]] = {}
        for day, stock, bonus in lives.ex_dates:
            self.actions.setdefault(day, []).append((stock, bonus))
        shape = len(calendar), count
        updates = np.arange(0, len(calendar), settings.exposure_days)
        self.halted_until = np.zeros(count, dtype=np.int64)
        self.recent_values = np.zeros((_FALL_DAYS + 1, count))  # log value, suspended or not
        self.bars = Bars(
            columns={name: np.zeros(shape) for name in _COLUMNS},
            traded=np.zeros(shape, dtype=bool),
            special=np.zeros(shape, dtype=bool),
            delisting=np.zeros(shape, dtype=bool),
            loading=np.zeros(shape, dtype=np.float32),
            exposures=np.zeros((len(updates), *self.exposure.shape), dtype=np.float32),
            exposure_rows=updates,
            books=Books(companies, profitability),
        )

    def trade(self, row: int) -> None:
        """Trade one day."""
        lives, bars = self.lives, self.bars
        alive = lives.alive(row)
        self._announce(row, alive)
        if row % self.settings.exposure_days == 0:
            self._update_exposures(row, alive)
        self._drift_loadings(row)
        wanted = self._returns(row, alive)
        halted = row < self.halted_until
        kept = self.pressure + wanted + np.where(halted, self.pressure * wanted, 0.0)
        self.pressure = np.where(alive, kept, 0.0)
        traded = alive & ~lives.suspended[row] & ~halted
        pre_close = self._pre_close(row, traded)
        prices = self._auction(row, traded, pre_close)
        self._record(row, traded, prices)
        if self.settings.suspension_after_fall > 0:
            self._halt_fallen(row, traded, wanted)
        bars.special[row] = lives.special(row) & ~lives.delisting(row)
        bars.delisting[row] = lives.delisting(row)
        self.days_traded += traded
        quarter = self.quarter_at.get(row)
        if quarter is not None:
            bars.books.close_quarter(quarter, self.close * self.shares, alive)

    # -- what moves prices

    def _update_exposures(self, row: int, alive: Array) -> None:
        """Take the style exposures from the state at the close before."""
        value = self.close * self.shares
        earned = self.profitability.at(self.calendar[row])
        book = self.bars.books.book
        raw = {
            "size": np.log(value),
            "earnings_yield": earned * book / value,
            "book_yield": np.log(book / value),
            "return_on_equity": earned,
            "turnover": np.log(self.companies.turnover) + self.activity[0],
            "volatility": np.log(self.companies.specific_volatility),
            "reversal": self.recent,
            **self.lasting,
        }
        for place, name in enumerate(self.settings.style_names):
            self.exposure[:, place] = np.round(standardised(raw[name], alive), 4)
        self.bars.exposures[row // self.settings.exposure_days] = self.exposure

    def _drift_loadings(self, row: int) -> None:
        settings = self.settings
        keep = 0.5 ** (1 / settings.beta_half_life_days)
        shock = self.streams["loadings"].standard_normal(settings.stocks)
        size = settings.beta_drift_deviation * (np.sqrt(1 - keep**2) if row else 1.0)
        self.drift = keep * self.drift + size * shock
        self.bars.loading[row] = np.round(self.companies.beta_mean + self.drift, 4)

    def _returns(self, row: int, alive: Array) -> Array:
        """Return the returns that the factors and the companies' own news ask for, [N]."""
        paths, state = self.paths, self.paths.volatility_state[row]
        style_names = self.settings.style_names
        if "reversal" in style_names:
            place = style_names.index("reversal")
            self.exposure[:, place] = standardised(self.recent, alive)
        shock = self.streams["specific"].standard_t(6, self.settings.stocks) / np.sqrt(1.5)
        wanted = self.bars.loading[row] * paths.market[row]
        wanted = wanted + paths.industries[row][self.companies.industry]
        for place in range(len(style_names)):
            wanted = wanted + self.exposure[:, place] * paths.styles[row, place]
        wanted = wanted + shock * self.companies.specific_volatility * state
        fading = self.lives.special(row) * (0.10 / DAYS_PER_YEAR) + self.lives.delisting(row) * 0.02
        fading = np.where(self.close < _CHEAP, -0.02, fading)
        debut = self.lives.listed == row
        if debut.any():
            popularity = self.streams["debuts"].lognormal(-0.2, 0.5, self.settings.stocks)
            wanted = np.where(debut, 0.44 + popularity, wanted)
        bounded: Array = np.maximum(wanted - fading, -0.6)
        return bounded

    def _halt_fallen(self, row: int, traded: Array, wanted: Array) -> None:
        """Suspend some of the stocks that have fallen, from tomorrow; their value moves on."""
        place = row % len(self.recent_values)
        self.recent_values[place] = self.recent_values[place - 1] + np.log1p(wanted)
        fallen = self.recent_values[place] - self.recent_values.max(axis=0) <= np.log1p(-_FALL)
        draw, count = self.streams["falls"], self.settings.stocks
        asks = draw.random(count) < self.settings.suspension_after_fall
        length = draw.geometric(1.0 / _HALT_DAYS, count)
        known = (self.days_traded > QUIET_DAYS) & (self.lives.delisting_from > row + 60)
        chosen = traded & fallen & asks & known & (row > _FALL_DAYS)
        self.halted_until = np.where(chosen, row + 1 + length, self.halted_until)

    # -- corporate actions

    def _announce(self, row: int, alive: Array) -> None:
        """Put today's ex-dates on the list; a suspended stock is adjusted when it trades again."""
        for stock, bonus in self.actions.get(row, ()):
            if not alive[stock] or self.lives.delisting_from[stock] <= row:
                continue
            earned = self.bars.books.last_annual_earnings(self.calendar[row])[stock]
            payout = self.companies.payout[stock] * max(earned, 0.0) / self.shares[stock]
            self.cash[stock] = np.round(min(payout, 0.06 * self.close[stock]), 2)
            self.bonus[stock] = bonus

    def _pre_close(self, row: int, traded: Array) -> Array:
        """Return the exchange's previous close; on ex-dates (close - cash) / (1 + bonus)."""
        going = traded & ((self.cash > 0) | (self.bonus > 0))
        if not going.any():
            return self.close
        adjusted = _cents((self.close - self.cash) / (1 + self.bonus))
        pre_close = np.where(going, adjusted, self.close)
        self.factor = np.where(going, self.factor * self.close / pre_close, self.factor)
        self.shares = np.where(going, np.round(self.shares * (1 + self.bonus)), self.shares)
        books = self.bars.books
        paid = np.where(going, self.cash * self.shares / (1 + self.bonus), 0.0)
        books.book = np.maximum(books.book - paid, 0.2 * books.book)
        for stock in np.flatnonzero(going):
            cash, bonus = float(self.cash[stock]), float(self.bonus[stock])
            self.bars.ex_dates.append(ExDate(row, int(stock), cash, bonus))
        self.cash, self.bonus = np.where(going, 0, self.cash), np.where(going, 0, self.bonus)
        return pre_close

    # -- the day's bar

    def _limits(self, row: int, pre_close: Array) -> tuple[Array, Array]:
        """Return the lowest and highest price of the day, yuan [N]."""
        rules = self.rules
        special = self.lives.special(row) & ~self.lives.delisting(row)
        kind = rules.board.astype(np.int64) * 2 + special
        young = self.days_traded < rules.ipo_days
        up = np.where(young, _listing_limit(rules.ipo_up, 0.44), rules.limit_up[row, kind])
        down = np.where(young, _listing_limit(rules.ipo_down, 0.36), rules.limit_down[row, kind])
        highest, lowest = limit_prices(pre_close, up, down, rules.inward)
        lowest = np.where(np.isinf(down), _LOWEST_PRICE, lowest)
        return lowest, np.where(np.isinf(up), 50 * pre_close, highest)

    def _auction(self, row: int, traded: Array, pre_close: Array) -> dict[str, Array]:
        """Return the day's prices, volume and amount; carry over what the limits held back."""
        lowest, highest = self._limits(row, pre_close)
        wanted = np.maximum(self.pressure, -0.9)
        target = pre_close * (1 + wanted)
        close = np.maximum(np.clip(_cents(target), lowest, highest), TICK)
        noise = self.streams["intraday"].standard_normal((4, self.settings.stocks))
        state = self.paths.volatility_state[row]
        scale = np.minimum(self.companies.specific_volatility * state, 0.05)
        gap = np.clip(0.35 * wanted + 0.3 * scale * noise[0], -0.2, 0.2)
        opening = np.clip(_cents(pre_close * (1 + gap)), lowest, highest)
        high = np.maximum(opening, close) * (1 + 0.4 * scale * np.abs(noise[1]))
        low = np.minimum(opening, close) * (1 - 0.4 * scale * np.abs(noise[2]))
        reach = 1.25
        sealed = (target > pre_close + reach * (highest - pre_close)) & (close >= highest)
        sealed |= (target < pre_close - reach * (pre_close - lowest)) & (close <= lowest)
        opening = np.where(sealed, close, opening)
        high = np.where(sealed, close, np.clip(_cents(high), np.maximum(opening, close), highest))
        low = np.where(sealed, close, np.clip(_cents(low), lowest, np.minimum(opening, close)))
        realised = close / pre_close - 1
        self.pressure = np.where(traded, target / close - 1, self.pressure)
        self._remember(row, traded, realised)
        volume = self._volume(row, realised, sealed)
        middle = (opening + high + low + close) / 4
        vwap = np.clip(middle + 0.1 * (high - low) * np.tanh(noise[3]), low, high)
        amount = np.round(volume * np.clip(np.round(vwap, 4), low, high), 2)
        return {
            "open": opening, "high": high, "low": low, "close": close, "pre_close": pre_close,
            "volume": volume, "amount": amount,
        }  # fmt: skip

    def _remember(self, row: int, traded: Array, realised: Array) -> None:
        """Keep each stock's recent return against the others, for the reversal style."""
        ordinary = traded & (self.days_traded > 20)
        mean = realised[ordinary].mean() if ordinary.any() else 0.0
        self.recent = 0.9 * self.recent + np.where(ordinary, realised - mean, 0.0)

    def _volume(self, row: int, realised: Array, sealed: Array) -> Array:
        """Return shares traded: lognormal, persistent, higher on large moves."""
        noise = self.streams["volume"].standard_normal((3, self.settings.stocks))
        keep = np.array([[0.5 ** (1 / 100)], [0.85]])
        size = np.array([[0.3], [0.3]]) * (np.sqrt(1 - keep**2) if row else 1.0)
        self.activity = keep * self.activity + size * noise[:2]
        level = np.log(self.companies.turnover) + self.activity.sum(axis=0) + 0.2 * noise[2]
        level = level + 6 * np.minimum(np.abs(realised), 0.1) - 0.15
        level = level + 0.5 * np.log(self.paths.volatility_state[row]) - 3.0 * sealed
        turnover = np.minimum(np.exp(level), 0.6)
        floating = self.shares * self.companies.float_fraction
        shares: Array = np.maximum(np.round(floating * turnover / 100), 1) * 100
        return shares

    def _record(self, row: int, traded: Array, prices: dict[str, Array]) -> None:
        columns = self.bars.columns
        for name, values in prices.items():
            columns[name][row] = np.where(traded, values, 0.0)
        self.close = np.where(traded, prices["close"], self.close)
        self.bars.traded[row] = traded
        columns["close"][row] = self.close
        columns["adj_factor"][row] = self.factor
        columns["total_shares"][row] = self.shares
        columns["float_shares"][row] = np.round(self.shares * self.companies.float_fraction)


def _listing_limit(limit: Array, otherwise: float) -> Array:
    """Return limits of the first days with unknown ones filled."""
    return np.where(np.isnan(limit), otherwise, limit)


def _cents(price: Array) -> Array:
    """Return prices rounded half up to 0.01 yuan."""
    rounded: Array = np.floor(price * 100 + 0.5 + 1e-6) / 100
    return rounded
