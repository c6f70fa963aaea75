"""Sleeves beside the stocks of a fund: arbitrage in the same accounts, with the same fee."""

import quanthedge.kinds
from quanthedge.sleeves.base import Sleeve, Wishes, wishes_of

quanthedge.kinds.read_catalogue("quanthedge.sleeves").classes()  # makes their kinds known

__all__ = ["Sleeve", "Wishes", "wishes_of"]
