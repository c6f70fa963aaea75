"""The dated rule book: what trading A shares and index futures cost and allowed, day by day."""

from quanthedge.rules.altered import rules_changed_after
from quanthedge.rules.boards import BOARDS, EXCHANGES, board_of, exchange_of, places_of
from quanthedge.rules.circuit_breaker import circuit_breaker_days
from quanthedge.rules.costs import (
    COMMISSION_RATE,
    FUTURES_SLIPPAGE_BP,
    SLIPPAGE_BP,
    CommissionRate,
    CostTerms,
    FeesIncluded,
    FuturesSlippage,
    StockCosts,
    costs_between,
    order_costs,
)
from quanthedge.rules.day import describe_day
from quanthedge.rules.dividend_tax import PAR_YUAN, dividend_tax, months_later
from quanthedge.rules.expiry import third_friday
from quanthedge.rules.futures import FuturesRules, listing_date
from quanthedge.rules.limit_prices import TICK, limit_prices
from quanthedge.rules.lookup import RuleReader
from quanthedge.rules.naming import rule_name, table_name
from quanthedge.rules.products import index_of, index_products, product_of
from quanthedge.rules.rates import deposit_rate
from quanthedge.rules.sessions import trading_hours
from quanthedge.rules.stock_limits import LimitClass, StockLimits
from quanthedge.rules.stocks import StockRules
from quanthedge.rules.tables import Row, read_sources, read_table, rules_are_altered
from quanthedge.rules.year import CALENDAR_DAYS_A_YEAR, TRADING_DAYS_A_YEAR

__all__ = [
    "BOARDS",
    "CALENDAR_DAYS_A_YEAR",
    "COMMISSION_RATE",
    "EXCHANGES",
    "FUTURES_SLIPPAGE_BP",
    "PAR_YUAN",
    "SLIPPAGE_BP",
    "TICK",
    "TRADING_DAYS_A_YEAR",
    "CommissionRate",
    "CostTerms",
    "FeesIncluded",
    "FuturesRules",
    "FuturesSlippage",
    "LimitClass",
    "Row",
    "RuleReader",
    "StockCosts",
    "StockLimits",
    "StockRules",
    "board_of",
    "circuit_breaker_days",
    "costs_between",
    "deposit_rate",
    "describe_day",
    "dividend_tax",
    "exchange_of",
    "index_of",
    "index_products",
    "limit_prices",
    "listing_date",
    "months_later",
    "order_costs",
    "places_of",
    "product_of",
    "read_sources",
    "read_table",
    "rule_name",
    "rules_are_altered",
    "rules_changed_after",
    "table_name",
    "third_friday",
    "trading_hours",
]
