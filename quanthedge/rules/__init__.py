"""The dated rule book: what trading A shares and index futures cost and allowed, day by day."""

from quanthedge.rules.boards import BOARDS, EXCHANGES, board_of, exchange_of
from quanthedge.rules.day import describe_day
from quanthedge.rules.expiry import third_friday
from quanthedge.rules.futures import FuturesRules, futures_rules, listing_date
from quanthedge.rules.rates import deposit_rate
from quanthedge.rules.stocks import StockRules, stock_rules

__all__ = [
    "BOARDS",
    "EXCHANGES",
    "FuturesRules",
    "StockRules",
    "board_of",
    "deposit_rate",
    "describe_day",
    "exchange_of",
    "futures_rules",
    "listing_date",
    "stock_rules",
    "third_friday",
]
