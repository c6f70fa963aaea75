"""Daily use: the orders of the next day, and a run that goes on by a day."""

from quanthedge.daily.holdings import Cash, Holdings, read_cash, read_holdings
from quanthedge.daily.order_files import SYSTEMS, Accounts, order_files, own_csv
from quanthedge.daily.page import orders_page, orders_text
from quanthedge.daily.resume import resume
from quanthedge.daily.tomorrow import Orders, orders_for

__all__ = [
    "SYSTEMS",
    "Accounts",
    "Cash",
    "Holdings",
    "Orders",
    "order_files",
    "orders_for",
    "orders_page",
    "orders_text",
    "own_csv",
    "read_cash",
    "read_holdings",
    "resume",
]
