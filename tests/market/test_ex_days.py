"""Every ex-date is held against the exchange's previous close."""

import numpy as np
import pyarrow as pa
import pytest

from quanthedge.market.checks.whole import check_tables
from tests.market.small_market import small_market


def rows_of(tables):
    """The ex-dates of the small market: (code, date, close before, pre_close)."""
    bars = tables["stock_daily"].to_pandas()
    before = bars.groupby("code")["close"].shift(1)
    steps = bars[(before - bars["pre_close"]).abs() > 0.02]
    return steps.assign(before=before[steps.index])


def actions(steps, **changes):
    cash = (steps["before"] - steps["pre_close"]).to_numpy(copy=True)
    table = {
        "code": steps["code"].astype(str).tolist(), "ex_date": steps["date"].tolist(),
        "cash_per_share": cash, "bonus_per_share": np.zeros(len(steps)),
        "rights_per_share": np.zeros(len(steps)), "rights_price": np.full(len(steps), np.nan),
        **{name: [None] * len(steps) for name in ("announce_date", "record_date", "pay_date")},
        **changes,
    }  # fmt: skip
    made = pa.table(table)
    for name in ("announce_date", "record_date", "pay_date"):
        place = made.column_names.index(name)
        made = made.set_column(place, name, made[name].cast(pa.date32()))
    return made


def warnings(tables):
    return [f.text for f in check_tables(tables).warnings if f.rule.startswith("ex-date")]


@pytest.fixture
def tables():
    return small_market()


def test_actions_that_explain_every_ex_date_pass(tables):
    steps = rows_of(tables)
    assert len(steps) >= 2
    assert warnings({**tables, "corporate_actions": actions(steps)}) == []


def test_bonus_shares_and_rights_count_by_the_exchanges_formula(tables):
    steps = rows_of(tables)
    bonus = (steps["before"] / steps["pre_close"] - 1).to_numpy()
    told = actions(steps, cash_per_share=np.zeros(len(steps)), bonus_per_share=bonus)
    assert warnings({**tables, "corporate_actions": told}) == []


def test_a_wrong_dividend_and_a_missing_row_are_named(tables):
    steps = rows_of(tables)
    cash = (steps["before"] - steps["pre_close"]).to_numpy(copy=True)
    cash[0] += 0.3
    found = warnings({**tables, "corporate_actions": actions(steps, cash_per_share=cash)})
    assert len(found) == 1
    assert "1 row has a pre_close that differs by more than a cent" in found[0]
    assert steps["code"].iloc[0] in found[0]
    found = warnings({**tables, "corporate_actions": actions(steps.iloc[1:])})
    assert len(found) == 1
    assert "without a row in corporate_actions" in found[0]
