"""What a trade in stocks costs: commission, stamp duty, transfer fee, exchange fees, slippage.

The rates are those of the rule book (:meth:`StockRules.between`) and the commission that
a strategy names. The formula of one order stands once, in :func:`order_costs`, for arrays and
(compiled) for numbers: the ledger books by it, and whoever weighs a trade against what it costs
reads it through :class:`StockCosts`.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Protocol

import numpy as np
from numpy.typing import ArrayLike, NDArray
from pydantic import Field

from quanthedge.errors import RuleError
from quanthedge.rules.stocks import StockRules
from quanthedge.rules.tables import CONFIDENCES
from quanthedge.typing import Floats

__all__ = [
    "CostTerms",
    "StockCosts",
    "cost_field",
    "order_costs",
]

# terms that strategies state of stocks and of cash-and-carry, and what holds where they do not
_STATED: dict[str, dict[str, Any]] = {
    "commission_rate": {"default": 0.0008, "ge": 0, "lt": 0.1, "description": "Of the amount."},
    "commission_includes_exchange_fees": {
        "default": True,
        "description": "Whether the handling and regulatory fees are inside the commission.",
    },
    "slippage_bp": {"default": 5.0, "ge": 0, "lt": 1000},
    "futures_slippage_bp": {
        "default": 0.5,
        "ge": 0,
        "lt": 1000,
        "description": "Impact of a futures order, basis points.",
    },
}


def cost_field(term: str, description: str | None = None) -> Any:
    """Return the field of a term of costs that strategies state: its default, bounds and words.

    Parameters
    ----------
    term : str
        commission_rate, commission_includes_exchange_fees, slippage_bp or futures_slippage_bp.
    description : str, optional
        Where its words depend on what is traded.
    """
    words: dict[str, Any] = {} if description is None else {"description": description}
    return Field(**(_STATED[term] | words))


class CostTerms(Protocol):
    """What a strategy says of its costs; ``[costs]`` of a strategy has it."""

    @property
    def commission_rate(self) -> float:
        """Fraction of the amount."""

    @property
    def commission_min_yuan(self) -> float:
        """Least commission of an order."""

    @property
    def commission_includes_exchange_fees(self) -> bool:
        """Whether handling and regulatory fees are inside the commission."""

    @property
    def slippage_bp(self) -> float:
        """Fixed impact, basis points of the amount."""


def order_costs(
    amount: Any,
    quantity: Any,
    commission_rate: Any,
    commission_min_yuan: Any,
    duty_rate: Any,
    transfer_rate: Any,
    transfer_par_rate: Any,
    transfer_min_yuan: Any,
    exchange_rate: Any,
) -> tuple[Any, Any, Any, Any]:
    """Return commission, stamp duty, transfer fee and exchange fee of one order, yuan.

    Parameters
    ----------
    amount, quantity : float or array
        Yuan and shares of the order, above 0.
    commission_rate, duty_rate, transfer_rate, exchange_rate : float or array
        Fractions of the amount.
    transfer_par_rate : float or array
        Yuan a share: a fraction of the par value of 1 yuan.
    commission_min_yuan, transfer_min_yuan : float or array
        Least of the order; 0 = none.

    Examples
    --------
    >>> order_costs(1000.0, 100.0, 0.0008, 5.0, 0.001, 0.0, 0.0003, 0.0, 0.0)
    (np.float64(5.0), 1.0, np.float64(0.03), 0.0)
    """
    commission = np.maximum(commission_min_yuan, commission_rate * amount)
    transfer = np.maximum(transfer_rate * amount + transfer_par_rate * quantity, transfer_min_yuan)
    return commission, duty_rate * amount, transfer, exchange_rate * amount


@dataclass(frozen=True)
class StockCosts:
    """Costs of stock trades by day and stock; the ledger's inputs are made from the same arrays.

    Attributes
    ----------
    exchange : int8 ndarray [N]
        Position in SSE, SZSE, BSE: the column of the arrays by exchange.
    commission_rate, commission_min_yuan : float
        Fraction of the amount, and least of an order.
    fees_included : bool
        Whether the exchange fees are inside the commission.
    slippage : float
        Fraction of the amount.
    stamp_duty_buy, stamp_duty_sell : ndarray [T]
        Fractions of the amount.
    transfer_rate, transfer_par_rate, transfer_min_yuan : ndarray [T, 3]
        Fraction of the amount, yuan a share, and least of an order.
    exchange_rate : ndarray [T, 3]
        Handling and regulatory fee, fraction of the amount.

    Notes
    -----
    Impact by the size of an order is not among them: it is no rate (docs/costs.md). All is known
    before the day begins.
    """

    exchange: NDArray[np.int8]
    commission_rate: float
    commission_min_yuan: float
    fees_included: bool
    slippage: float
    stamp_duty_buy: Floats
    stamp_duty_sell: Floats
    transfer_rate: Floats
    transfer_par_rate: Floats
    transfer_min_yuan: Floats
    exchange_rate: Floats

    @property
    def buy_rate(self) -> Floats:
        """What a purchase costs as a fraction of its amount, without minima and par value, [T, N].

        NaN on days without a rule, which are before the exchange's first stock.
        """
        return self._rate(self.stamp_duty_buy)

    @property
    def sell_rate(self) -> Floats:
        """What a sale costs as a fraction of its amount, without minima and par value, [T, N]."""
        return self._rate(self.stamp_duty_sell)

    @property
    def yuan_per_share(self) -> Floats:
        """What is charged by par value, yuan a share bought or sold, [T, N]."""
        return self.transfer_par_rate[:, self.exchange]

    def cost_of(
        self,
        buy_yuan: ArrayLike,
        sell_yuan: ArrayLike,
        *,
        price: ArrayLike | None = None,
        day: int | slice = slice(None),
    ) -> Floats:
        """Return what orders cost, yuan: exactly what the ledger books for each of them.

        Parameters
        ----------
        buy_yuan, sell_yuan : array, broadcast to [T, N] or, for one day, to [N]
            Amounts bought and sold, one order each; 0 = none.
        price : array of that shape, optional
            Yuan a share; needed where a fee goes by par value (Shanghai until 2015-07-31).
        day : int or slice
            Rows of the days; all by default. With an int the result is [N].

        Raises
        ------
        RuleError
            An amount is negative or not known, a price is needed and missing or not above 0, or a
            stock is traded on a day without a rule.

        Examples
        --------
        >>> from quanthedge.ledger import Costs
        >>> codes = ["600519.SH", "000001.SZ"]
        >>> known = StockCosts.between(["2014-09-17"], codes, Costs(slippage_bp=0))
        >>> known.cost_of([0, 0], [10_000, 10_000], price=[160.0, 10.0], day=0).round(6).tolist()
        [18.0375, 18.255]
        """
        bought, sold = (
            _amounts(one, name) for one, name in ((buy_yuan, "buy"), (sell_yuan, "sell"))
        )
        par, least = (
            array[day][..., self.exchange]
            for array in (self.transfer_par_rate, self.transfer_min_yuan)
        )
        cost = np.zeros(np.broadcast_shapes(bought.shape, sold.shape, par.shape))
        for amount, duty in ((bought, self.stamp_duty_buy), (sold, self.stamp_duty_sell)):
            traded = np.broadcast_to(amount > 0, cost.shape)
            parts = order_costs(
                amount,
                _shares(amount, price, par),
                self.commission_rate,
                self.commission_min_yuan,
                duty[day][..., None],
                self.transfer_rate[day][..., self.exchange],
                par,
                least,
                self._exchange_rate()[day][..., self.exchange],
            )
            cost += np.where(traded, sum(parts) + self.slippage * amount, 0.0)
        if np.isnan(cost).any():
            raise RuleError(
                f"costs: {int(np.isnan(cost).sum())} orders on days for which the rule book has no "
                "fee of the stock's exchange; trade after the exchange's first stock was listed"
            )
        return cost

    def _exchange_rate(self) -> Floats:
        return np.zeros_like(self.exchange_rate) if self.fees_included else self.exchange_rate

    def _rate(self, duty: Floats) -> Floats:
        by_exchange = self.transfer_rate + self._exchange_rate() + duty[:, None]
        return by_exchange[:, self.exchange] + self.commission_rate + self.slippage

    @classmethod
    def between(
        cls,
        dates: object,
        codes: Sequence[str] | NDArray[np.str_],
        terms: CostTerms,
        *,
        list_dates: object | None = None,
        accept_confidence: str = CONFIDENCES,
        folder: Path | None = None,
    ) -> "StockCosts":
        """Return the costs of stocks on days, looked up in the rule book.

        Parameters
        ----------
        dates, codes
            Days [T], sorted, and codes [N].
        terms
            Commission and slippage, as in ``strategy.costs``.
        list_dates
            Listing dates, [N]; None or NaT = listed long ago.
        accept_confidence, folder
            As in :meth:`StockRules.between`.

        Raises
        ------
        RuleError
            As :meth:`StockRules.between`.
        """
        none = np.full(len(codes), np.datetime64("NaT", "D"))
        rules = StockRules.between(
            dates,
            codes,
            none if list_dates is None else list_dates,
            accept_confidence=accept_confidence,
            folder=folder,
        )
        return cls.of(rules, terms)

    @classmethod
    def of(cls, rules: StockRules, terms: CostTerms) -> "StockCosts":
        """Return the costs of a run's stocks from its rules and the strategy's own terms."""
        return cls(
            exchange=rules.exchange,
            commission_rate=terms.commission_rate,
            commission_min_yuan=terms.commission_min_yuan,
            fees_included=terms.commission_includes_exchange_fees,
            slippage=terms.slippage_bp / 1e4,
            stamp_duty_buy=rules.stamp_duty_buy,
            stamp_duty_sell=rules.stamp_duty_sell,
            transfer_rate=rules.transfer_rate,
            transfer_par_rate=rules.transfer_par_rate,
            transfer_min_yuan=rules.transfer_min_yuan,
            exchange_rate=rules.exchange_rate,
        )


def _amounts(yuan: ArrayLike, side: str) -> Floats:
    amounts = np.asarray(yuan, dtype=np.float64)
    wrong = ~(np.isfinite(amounts) & (amounts >= 0))
    if wrong.any():
        raise RuleError(
            f"costs: {side}_yuan is {amounts[wrong].flat[0]} ({int(wrong.sum())} so); accepted: "
            "yuan of each order, 0 for none"
        )
    return amounts


def _shares(amount: Floats, price: ArrayLike | None, par: Floats) -> Floats:
    """Return the shares of orders, as far as a fee goes by them; else 0."""
    needed = (amount > 0) & (par > 0)
    prices = np.full(needed.shape, np.nan) if price is None else np.asarray(price, np.float64)
    good = np.isfinite(prices) & (prices > 0)
    if (needed & ~good).any():
        raise RuleError(
            f"costs: {int((needed & ~good).sum())} orders are charged by their number of shares "
            "(transfer fee on par value), and their price is not given; pass price, yuan a share"
        )
    return np.where(needed, amount / np.where(good, prices, 1.0), 0.0)
