"""The shape of the ledger's state in a run folder: what may be read of it before it is laid."""

from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field

__all__ = ["KeptLedger"]

_Day = Annotated[str, Field(pattern=r"^\d{4}-\d{2}-\d{2}$")]
_Name = Annotated[str, Field(min_length=1, max_length=20)]
_Whole = Annotated[float, Field(ge=0.0)]


class _Part(BaseModel):
    model_config = ConfigDict(strict=True, frozen=True, extra="forbid", allow_inf_nan=False)


class _Scalars(_Part):
    stock_cash: float
    futures_cash: float
    fees_payable: float
    days_left_for_orders: float
    high_water_mark_ticks: float
    equity: float
    cash_to_raise: float
    margin_cut_days: float
    rebalances_done: float
    units: float
    stock_value: float
    dividends_receivable: float
    hedge_unfinished: float
    loan: float
    loan_target: float
    redemptions_payable: float
    redemptions_due: float
    service_fee_base: float
    revaluation: float
    accrued_performance_fee: float


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


class KeptLedger(_Part):
    """What ``state.json`` holds; the meaning of each number stands in docs/ledger.md."""

    date: _Day
    scalars: _Scalars
    shares: dict[_Name, _Whole]
    wanted: dict[_Name, _Whole]
    locked: dict[_Name, _Whole]
    restated: list[_Name]
    dividends_due: dict[_Day, float]
    new_shares_waiting: list[_Waiting]
    tax_lots: dict[_Name, list[_TaxLot]]
    lots: dict[_Name, float]
    index_level_at_review: dict[_Name, float]
    codes: str
    contracts: list[_Name]
