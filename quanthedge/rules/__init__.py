"""The dated rule book: what trading A shares and index futures cost and allowed, day by day."""

from quanthedge.rules.altered import rules_changed_after
from quanthedge.rules.boards import Board
from quanthedge.rules.circuit_breaker import circuit_breaker_days
from quanthedge.rules.costs import CostTerms, StockCosts, cost_field, order_costs
from quanthedge.rules.day import describe_day
from quanthedge.rules.dividend_tax import DividendTax
from quanthedge.rules.expiry import third_friday
from quanthedge.rules.futures import FuturesRules
from quanthedge.rules.limit_prices import TICK, limit_prices
from quanthedge.rules.naming import rule_names
from quanthedge.rules.products import IndexProduct, index_of
from quanthedge.rules.rates import deposit_rate
from quanthedge.rules.sessions import trading_hours
from quanthedge.rules.stock_limits import LimitClass, StockLimits
from quanthedge.rules.stocks import StockRules
from quanthedge.rules.tables import Row, read_sources, read_table, rules_are_altered
from quanthedge.rules.year import CALENDAR_DAYS_A_YEAR, TRADING_DAYS_A_YEAR

__all__ = [
    "CALENDAR_DAYS_A_YEAR",
    "TICK",
    "TRADING_DAYS_A_YEAR",
    "Board",
    "CostTerms",
    "DividendTax",
    "FuturesRules",
    "IndexProduct",
    "LimitClass",
    "Row",
    "StockCosts",
    "StockLimits",
    "StockRules",
    "circuit_breaker_days",
    "cost_field",
    "deposit_rate",
    "describe_day",
    "index_of",
    "limit_prices",
    "order_costs",
    "read_sources",
    "read_table",
    "rule_names",
    "rules_are_altered",
    "rules_changed_after",
    "third_friday",
    "trading_hours",
]
