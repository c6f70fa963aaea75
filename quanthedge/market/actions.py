"""The exchanges' formula of the ex-date: what a share is worth without its right."""

from typing import Any

import numpy as np

__all__ = ["ex_price"]

Array = np.ndarray[Any, Any]


def ex_price(close: Array, cash: Array, bonus: Array, rights: Array, rights_price: Array) -> Array:
    """Return the ex-date reference price before rounding.

    ``(close - cash + rights * rights_price) / (1 + bonus + rights)``, with close the last one
    before the ex-date and all rights per share held.

    >>> ex_price(*map(np.array, ([10.0], [0.5], [0.2], [0.3], [4.0]))).round(4)
    array([7.1333])
    """
    paid = rights * np.where(rights > 0, rights_price, 0.0)
    value: Array = (close - cash + paid) / (1.0 + bonus + rights)
    return value
