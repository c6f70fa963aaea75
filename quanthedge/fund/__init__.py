"""The fund: its terms and its clients, and what they are worth, pay and get, in exact decimals."""

from quanthedge.fund.clients import Clients, Tier
from quanthedge.fund.day_counts import fee_years
from quanthedge.fund.dealing_days import opening_days
from quanthedge.fund.explainer import fee_table
from quanthedge.fund.fund_run import FundRun
from quanthedge.fund.methods import METHODS, LotUnits
from quanthedge.fund.terms import FundTerms
from quanthedge.fund.values import exact, round_half_up
from quanthedge.fund.winding_up import sold_out

__all__ = [
    "METHODS",
    "Clients",
    "FundRun",
    "FundTerms",
    "LotUnits",
    "Tier",
    "exact",
    "fee_table",
    "fee_years",
    "opening_days",
    "round_half_up",
    "sold_out",
]
