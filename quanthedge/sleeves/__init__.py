"""Sleeves beside the stocks of a fund: arbitrage in the same accounts, with the same fee."""

import quanthedge.sleeves.carry  # these three make their kinds known
import quanthedge.sleeves.pairs
import quanthedge.sleeves.spread  # noqa: F401
from quanthedge.sleeves.base import Sleeve, Wishes, wishes_of

__all__ = ["Sleeve", "Wishes", "wishes_of"]
