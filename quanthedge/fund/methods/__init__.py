"""The methods of charging investors a performance fee, one file each; docs/fund.md.

What is imported here is the table of methods: a strategy's ``[clients] method`` is one of them.
"""

from typing import TYPE_CHECKING, Annotated, Any, Union

from pydantic import BeforeValidator, Field

from quanthedge.fund.methods.base import Charge, FeeMethod, LotLine, Payout, Register
from quanthedge.fund.methods.days import Worth
from quanthedge.fund.methods.equalisation import Equalisation
from quanthedge.fund.methods.investor import PerInvestor
from quanthedge.fund.methods.lot_units import LotUnits
from quanthedge.fund.methods.series import LotValue, SeriesUnits
from quanthedge.fund.methods.whole_fund import WholeFund, WholeFundAndRedemption

METHODS: dict[str, type[FeeMethod]] = {
    one.model_fields["kind"].default: one
    for one in list(globals().values())
    if isinstance(one, type) and issubclass(one, FeeMethod) and one is not FeeMethod
}


def _of_name(value: Any) -> Any:
    """Take the name of a method as the method with nothing set."""
    return {"kind": value} if isinstance(value, str) else value


if TYPE_CHECKING:
    Method = FeeMethod
else:
    Method = Annotated[
        Union[tuple(METHODS.values())],  # noqa: UP007 -- made from the table
        Field(discriminator="kind"),
        BeforeValidator(_of_name),
    ]


__all__ = [
    "METHODS",
    "Charge",
    "Equalisation",
    "FeeMethod",
    "LotLine",
    "LotUnits",
    "LotValue",
    "Method",
    "Payout",
    "PerInvestor",
    "Register",
    "SeriesUnits",
    "WholeFund",
    "WholeFundAndRedemption",
    "Worth",
]
