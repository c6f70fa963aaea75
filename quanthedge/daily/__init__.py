"""Daily use: the orders of the next day, and a run that goes on by a day."""

from quanthedge.daily.order_files import SYSTEMS, Accounts, order_files, own_csv
from quanthedge.daily.page import orders_page, orders_text
from quanthedge.daily.resume import resume
from quanthedge.daily.tomorrow import orders_for

__all__ = [
    "SYSTEMS",
    "Accounts",
    "order_files",
    "orders_for",
    "orders_page",
    "orders_text",
    "own_csv",
    "resume",
]
