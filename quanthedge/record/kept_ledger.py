"""The shape of the ledger's state in a run folder: what may be read of it before it is laid."""

from typing import Annotated, Any

from pydantic import BaseModel, ConfigDict, Field

__all__ = ["check_kept"]

_Day = Annotated[str, Field(pattern=r"^\d{4}-\d{2}-\d{2}$")]
_Name = Annotated[str, Field(min_length=1, max_length=20)]
_Whole = Annotated[float, Field(ge=0.0)]


class _Part(BaseModel):
    model_config = ConfigDict(strict=True, frozen=True, extra="forbid", allow_inf_nan=False)


class _OwnScalars(_Part):
    days_left_for_orders: float
    margin_cut_days: float
    rebalances_done: float
    stock_value: float
    dividends_receivable: float
    hedge_unfinished: float
    days_left_for_contracts: float
    cash_of_sleeve: float
    ratio_of_legs: float
    stocks_borrowed: float


class _Scalars(_OwnScalars):
    stock_cash: float
    futures_cash: float
    fees_payable: float
    high_water_mark_ticks: float
    equity: float
    cash_to_raise: float
    units: float
    loan: float
    loan_target: float
    redemptions_payable: float
    redemptions_due: float
    service_fee_base: float
    revaluation: float
    accrued_performance_fee: float
    cash_pledged: float


class _Waiting(_Part):
    code: _Name
    ex_day: _Day
    shares: _Whole


class _TaxLot(_Part):
    bought_on: _Day
    shares: _Whole
    tax_short: float
    tax_mid: float
    tax_long: float


class _Held(_Part):
    """What a sleeve holds, wants and waits for."""

    locked: dict[_Name, _Whole]
    restated: list[_Name]
    dividends_due: dict[_Day, float]
    tax_lots: dict[_Name, list[_TaxLot]]
    lots: dict[_Name, float]
    wanted_lots: dict[_Name, float]
    index_level_at_review: dict[_Name, float]


class _Owed(_Part):
    code: _Name
    ex_day: _Day
    shares: float  # below 0: owed to a lender


class _OfSleeve(_Held):
    """Of one of several: below 0 are the stocks that it has borrowed."""

    scalars: _OwnScalars
    shares: dict[_Name, float]
    wanted: dict[_Name, float]
    new_shares_waiting: list[_Owed]


class _Fund(_Part):
    date: _Day
    scalars: _Scalars
    codes: str
    contracts: list[_Name]


class _Alone(_Fund, _Held):
    """Of a fund of its stocks and their hedge."""

    shares: dict[_Name, _Whole]
    wanted: dict[_Name, _Whole]
    new_shares_waiting: list[_Waiting]


class _Several(_Fund):
    sleeves: dict[str, _OfSleeve]


def check_kept(document: Any) -> None:
    """Raise pydantic's error for what is no state of a ledger as ``state.json`` holds it.

    The meaning of each number stands in docs/ledger.md. A fund with sleeves has its money once, and
    the rest for each sleeve by its label.
    """
    several = isinstance(document, dict) and "sleeves" in document
    (_Several if several else _Alone).model_validate(document)
