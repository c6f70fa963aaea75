"""Sleeves beside the stocks of a fund: arbitrage in the same accounts, with the same fee."""

from quanthedge.sleeves.base import Sleeve, Wishes

__all__ = ["Sleeve", "Wishes", "wishes_of"]
