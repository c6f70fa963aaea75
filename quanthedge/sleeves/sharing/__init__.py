"""How a fund's money is split over its own stocks and its sleeves."""

from quanthedge.sleeves.sharing.base import (
    FixedShares,
    Seen,
    Sharing,
    share_table,
    shares_at,
    table_of_shares,
)
from quanthedge.sleeves.sharing.carry import CarryPerMargin
from quanthedge.sleeves.sharing.drawdown import OwnDrawdown
from quanthedge.sleeves.sharing.parity import RiskParity
from quanthedge.sleeves.sharing.restated import restated
from quanthedge.sleeves.sharing.wording import sharing_name

__all__ = [
    "CarryPerMargin",
    "FixedShares",
    "OwnDrawdown",
    "RiskParity",
    "Seen",
    "Sharing",
    "restated",
    "share_table",
    "shares_at",
    "sharing_name",
    "table_of_shares",
]
