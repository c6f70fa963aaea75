"""When a suspended holding is restated, and what goes by it (docs/ledger.md, steps 9 and 10)."""

from dataclasses import replace

import numpy as np
import pytest

from quanthedge.ledger import run_ledger
from quanthedge.ledger.layout import COLUMNS
from tests.ledger.adapter import kernel_inputs
from tests.oracles.ledger import Flow
from tests.oracles.random_market import calm_inputs

NAN = float("nan")
CAPITAL = 1e6


def holding(ratios, **more):
    """A fund that holds 10,000 shares of each of some stocks, a tenth of its money each.

    ``ratios`` are those at the closes of the days, by stock.
    """
    ratios = np.array(ratios, dtype=float).T
    days, stocks = ratios.shape
    first = [(i, 0.1) for i in range(stocks)]
    inputs = calm_inputs(days=days, stocks=stocks, capital_yuan=CAPITAL, targets=[(0, first)])
    ratio = np.vstack([np.full(stocks, NAN), ratios])
    return replace(inputs, **{"ratio": ratio, "materiality": 0.0025} | more)


def run(inputs):
    record = run_ledger(kernel_inputs(inputs))
    return {name: record.ledger[:, k] for k, name in enumerate(COLUMNS)}, record.restated


def test_an_adjustment_counts_once_it_matters_and_then_until_the_stock_trades_again():
    found, restated = run(holding([[NAN, 0.98, 0.97, 0.99, 1.01, NAN, 0.99]]))
    np.testing.assert_allclose(found["revaluation"], [0, 0, -3000, -1000, 1000, 0, 0], atol=1e-6)
    np.testing.assert_allclose(found["equity"], CAPITAL + found["revaluation"], atol=1e-6)
    expected = [(2, 0, 10_000, 0.97), (3, 0, 10_000, 0.99), (4, 0, 10_000, 1.01)]
    assert [tuple(row[:4]) for row in restated] == expected


def test_an_adjustment_of_exactly_the_materiality_counts():
    found, _ = run(holding([[NAN, 0.975]]))
    assert found["revaluation"][1] == pytest.approx(-2500)


def test_adjustments_count_together_and_opposite_ones_cancel():
    found, _ = run(holding([[NAN, 0.98, 0.98], [NAN, NAN, 0.99]]))
    np.testing.assert_allclose(found["revaluation"], [0, 0, -3000], atol=1e-6)
    found, _ = run(holding([[NAN, 0.9, 0.9], [NAN, 1.1, NAN]]))
    np.testing.assert_allclose(found["revaluation"], [0, 0, -10_000], atol=1e-6)


def test_what_has_begun_goes_on_while_others_of_less_weight_wait():
    found, restated = run(holding([[NAN, 0.9, 0.95], [NAN, NAN, 1.04]]))
    np.testing.assert_allclose(found["revaluation"], [0, -10_000, -5_000], atol=1e-6)
    assert restated[:, 1].tolist() == [0, 0]


def test_a_holding_marked_as_always_counts_alone():
    always = np.zeros((4, 2), bool)
    always[3, 1] = True
    found, restated = run(holding([[NAN, 0.99, 0.99], [NAN, 0.999, 0.999]], always=always))
    np.testing.assert_allclose(found["revaluation"], [0, 0, -100], atol=1e-6)
    assert restated[:, 1].tolist() == [1]


def test_with_a_materiality_of_zero_every_adjustment_counts_but_none_of_nothing():
    found, restated = run(holding([[NAN, 1.0, 0.9999, 1.0]], materiality=0.0))
    np.testing.assert_allclose(found["revaluation"], [0, 0, -10, 0], atol=1e-6)
    assert restated[:, 0].tolist() == [2, 3]


def test_what_was_sold_whole_and_bought_again_is_judged_anew():
    # at its limit at the closes of days 2 and 3, but open in the morning; 9 yuan are 10% of a mark
    inputs = holding([[NAN, 0.9, 0.9, 0.99, 0.99]], materiality=0.0025)
    inputs.close[1] = NAN
    targets = [(0, [(0, 0.1)]), (2, []), (3, [(0, 0.1)])]
    found, restated = run(replace(inputs, targets=targets))
    assert found["names"].tolist() == [1, 1, 0, 1, 1]
    np.testing.assert_allclose(found["revaluation"], [0, -10_000, 0, 0, 0], atol=1e-6)
    assert restated[:, 0].tolist() == [1]


def test_a_delisting_ends_the_adjustment_and_books_the_loss():
    inputs = holding([[NAN, 0.5, 0.5, 0.5]], delist=np.array([3]), recovery=0.5)
    inputs.close[1:] = NAN
    found, _ = run(inputs)
    np.testing.assert_allclose(found["revaluation"], [0, -50_000, -50_000, 0], atol=1e-6)
    np.testing.assert_allclose(found["equity"][1:], CAPITAL - 50_000, atol=1e-6)


def test_fees_and_unit_values_go_by_the_stated_value_and_orders_by_the_last_close():
    more = {
        "management_rate": 0.365, "performance_rate": 0.2,
        "fee_day": np.array([False] * 4),
    }  # fmt: skip
    inputs = holding([[NAN, 1.5, 1.5, 1.5]], **more)
    found, _ = run(replace(inputs, targets=[(0, [(0, 0.1)]), (3, [(0, 0.1)])]))
    day = 0.365 / 365
    stated = CAPITAL - CAPITAL * day
    assert found["management_fee"][0] == pytest.approx(CAPITAL * day)
    assert found["management_fee"][2] == pytest.approx(found["equity"][1] * day)
    assert found["equity"][1] == pytest.approx(stated - stated * day + 50_000)
    before = found["unit_value_before_accrual"][1]
    assert before == round(found["equity"][1] / CAPITAL, 4)
    fee = round(0.2 * (before - 1) * CAPITAL, 2)
    assert found["accrued_performance_fee"][1] == pytest.approx(fee)
    assert found["unit_value"][1] == round((found["equity"][1] - fee) / CAPITAL, 4)
    np.testing.assert_allclose(
        found["accrued_fee_at_open"][1:], found["accrued_performance_fee"][:-1]
    )
    assert found["bought"][3] == found["sold"][3] == 0  # the holding is a tenth at its last close


def test_the_unit_value_does_not_jump_on_a_fee_date():
    fee_day = np.array([False, False, True, False])
    inputs = holding([[NAN, 3.0, 3.0, 3.0]], performance_rate=0.2, fee_day=fee_day)
    found, _ = run(inputs)
    assert found["performance_fee"].tolist() == pytest.approx([0, 0, 40_000, 0])
    assert found["unit_value"].tolist() == pytest.approx([1.0, 1.16, 1.16, 1.16])
    assert found["unit_value_before_accrual"].tolist() == pytest.approx([1.0, 1.2, 1.16, 1.16])
    assert found["accrued_fee_at_open"].tolist() == pytest.approx([0, 0, 40_000, 0])


def test_units_of_class_c_earn_what_all_earn_by_the_stated_value():
    flows = {1: Flow(subscribed=CAPITAL, units_change=CAPITAL, service_change=CAPITAL)}
    inputs = replace(
        holding([[NAN, NAN, 1.2, 1.2]], service_rate=0.365, materiality=0.0), flows=flows
    )
    found, _ = run(inputs)
    assert found["service_fee"][1] == pytest.approx(1_000)  # a thousandth of the new million
    # the book has doubled with the fund: 20,000 shares, 2 yuan each
    gained = (2 * CAPITAL - 1000 + 40_000) / (2 * CAPITAL - 1000)
    base = (CAPITAL - 1000) * gained  # without the fee of the third day
    assert found["service_fee"][2] == pytest.approx((CAPITAL - 1000) / 1000)
    base -= found["service_fee"][2]
    assert found["service_fee"][3] == pytest.approx(base / 1000, rel=1e-6)


def test_a_fund_whose_stated_value_is_gone_is_insolvent():
    inputs = holding([[NAN, -20.0, NAN]])
    record = run_ledger(kernel_inputs(inputs))
    assert record.insolvent_day == 1
