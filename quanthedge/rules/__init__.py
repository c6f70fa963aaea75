"""The dated rule book: what trading A shares and index futures cost and allowed, day by day."""

from quanthedge.rules.boards import BOARDS, EXCHANGES, board_of, exchange_of
from quanthedge.rules.circuit_breaker import circuit_breaker_days
from quanthedge.rules.day import describe_day
from quanthedge.rules.dividend_tax import HOLDINGS, DividendTax, dividend_tax, holding_bracket
from quanthedge.rules.expiry import third_friday
from quanthedge.rules.futures import FuturesRules, futures_rules, listing_date
from quanthedge.rules.rates import deposit_rate
from quanthedge.rules.sessions import TradingHours, trading_hours
from quanthedge.rules.stocks import StockRules, stock_rules

__all__ = [
    "BOARDS",
    "EXCHANGES",
    "HOLDINGS",
    "DividendTax",
    "FuturesRules",
    "StockRules",
    "TradingHours",
    "board_of",
    "circuit_breaker_days",
    "deposit_rate",
    "describe_day",
    "dividend_tax",
    "exchange_of",
    "futures_rules",
    "holding_bracket",
    "listing_date",
    "stock_rules",
    "third_friday",
    "trading_hours",
]
