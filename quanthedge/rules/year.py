"""How many days a year has: what a figure of days is multiplied by to be one of a year.

A spread or a mean of daily returns is that of 243 trading days, the usual number of China's
exchanges. Interest, annual returns and what a contract earns until its delivery go by calendar days
over 365; docs/statistics.md lists each use.
"""

from typing import Final

__all__ = ["CALENDAR_DAYS_A_YEAR", "TRADING_DAYS_A_YEAR"]

CALENDAR_DAYS_A_YEAR: Final = 365
TRADING_DAYS_A_YEAR: Final = 243
