"""Rules of index futures, checked against CFFEX notices."""

import numpy as np
import pytest

from quanthedge.errors import RuleError
from quanthedge.rules import FuturesRules, IndexProduct


def test_contract_specifications():
    specs = {name: FuturesRules.between(name, ["2024-01-02"]) for name in ("IF", "IH", "IC", "IM")}
    assert {name: rule.multiplier for name, rule in specs.items()} == {
        "IF": 300, "IH": 300, "IC": 200, "IM": 200,
    }  # fmt: skip
    assert {rule.tick for rule in specs.values()} == {0.2}


@pytest.mark.parametrize(
    ("product", "day", "hedging", "speculative"),
    [
        ("IF", "2010-04-16", 0.15, 0.15),
        ("IF", "2014-09-17", 0.10, 0.10),
        ("IF", "2015-09-04", 0.10, 0.30),
        ("IF", "2015-09-07", 0.20, 0.40),
        ("IC", "2017-02-17", 0.20, 0.30),
        ("IF", "2017-02-17", 0.20, 0.20),
        ("IF", "2018-12-03", 0.10, 0.10),
        ("IC", "2015-07-08", 0.10, 0.20),
        ("IM", "2023-05-04", 0.12, 0.12),
    ],
)
def test_margin_of_a_short_by_account(product, day, hedging, speculative):
    assert FuturesRules.between(product, [day]).margin[0] == hedging
    assert FuturesRules.between(product, [day], account="speculative").margin[0] == speculative


def test_quarter_months_had_a_margin_of_their_own_until_june_2012():
    # CFFEX notice on listing IF (F01): IF1005 and IF1006 15%, IF1009 and IF1012 18%; 12% for all
    # contracts from the settlement of 2012-06-29 (F21 to F23)
    got = FuturesRules.between("IF", ["2010-04-16", "2012-06-28", "2012-06-29"])
    assert got.margin.tolist() == [0.15, 0.15, 0.12]
    assert got.margin_quarter.tolist() == [0.18, 0.18, 0.12]


def test_fees_by_date():
    days = ["2014-09-17", "2015-08-03", "2015-09-07", "2023-03-20"]
    got = FuturesRules.between("IF", days)
    assert got.fee_rate.tolist() == [2.5e-5, 2.3e-5, 2.3e-5, 2.3e-5]
    assert got.close_today_rate.tolist() == [2.5e-5, 2.3e-5, 0.0023, 0.00023]
    assert got.order_fee_yuan.tolist() == [0, 1, 1, 1]
    assert got.delivery_fee_rate.tolist() == [1e-4] * 4


def test_the_daily_limit_was_seven_percent_in_the_days_of_the_circuit_breaker():
    got = FuturesRules.between("IF", ["2015-12-31", "2016-01-04", "2016-01-07", "2016-01-08"])
    assert got.limit.tolist() == [0.1, 0.07, 0.07, 0.1]


def test_the_last_day_and_the_listing_of_quarter_months_have_wider_limits():
    got = FuturesRules.between("IF", ["2010-04-16", "2011-09-16", "2016-01-04"])
    assert got.limit_last_day.tolist() == [0.2] * 3  # broker's notice on IF1109 (F66)
    assert got.limit_listing_day.tolist() == [0.2] * 3  # IF1009 and IF1012 at listing (F01)


def test_limits_bind_speculators_and_not_hedges():
    days = ["2015-09-02", "2015-09-07", "2017-02-17"]
    speculative = FuturesRules.between("IF", days, account="speculative")
    assert speculative.daily_open_limit.tolist() == [100, 10, 20]
    assert speculative.position_limit.tolist() == [5000] * 3
    assert speculative.position_limit_per.tolist() == ["contract"] * 3
    assert speculative.daily_open_limit_per.tolist() == ["product"] * 3
    hedging = FuturesRules.between("IF", days)
    assert np.isnan(hedging.daily_open_limit).all()
    assert np.isnan(hedging.position_limit).all()
    assert {*hedging.daily_open_limit_per, *hedging.position_limit_per} == {""}


def test_the_opening_limit_is_counted_by_contract_since_december_2018():
    days = ["2018-11-30", "2018-12-03", "2019-04-22"]  # F39 to F43
    got = FuturesRules.between("IC", days, account="speculative")
    assert got.daily_open_limit.tolist() == [20, 50, 500]
    assert got.daily_open_limit_per.tolist() == ["product", "contract", "contract"]


def test_a_limit_that_does_not_exempt_hedges_binds_them(tmp_path):
    (tmp_path / "fut_limits.csv").write_text(
        "limit,products,effective_from,effective_to,lots,scope,per,hedge_exempt,source_ids,"
        "confidence,note\n"
        "daily_open,IF,2015-09-07,,40,one client,product,no,F30,A,\n",
        encoding="utf-8",
    )
    got = FuturesRules.between("IF", ["2015-09-02", "2015-09-07"], folder=tmp_path)
    assert np.isnan(got.daily_open_limit[0])
    assert got.daily_open_limit[1] == 40
    assert got.daily_open_limit_per.tolist() == ["", "product"]


def test_a_limit_counted_over_something_unknown_is_refused(tmp_path):
    (tmp_path / "fut_limits.csv").write_text(
        "limit,products,effective_from,effective_to,lots,scope,per,hedge_exempt,source_ids,"
        "confidence,note\n"
        "daily_open,IF,2015-09-07,,40,one client,account,yes,F30,A,\n",
        encoding="utf-8",
    )
    with pytest.raises(RuleError, match="'account'; accepted: contract, product"):
        FuturesRules.between("IF", ["2015-09-07"], account="speculative", folder=tmp_path)


def test_no_opening_limit_before_the_crash():
    got = FuturesRules.between("IF", ["2014-09-17"], account="speculative")
    assert np.isnan(got.daily_open_limit[0])
    assert got.position_limit[0] == 1200


def test_strict_mode_refuses_a_position_limit_from_memory():
    with pytest.raises(RuleError, match=r"fut_limits.*ABM"):
        FuturesRules.between("IC", ["2016-01-04"], account="speculative", accept_confidence="AB")
    assert FuturesRules.between("IC", ["2016-01-04"], accept_confidence="AB").margin[0] == 0.2


def test_days_before_the_listing_and_unknown_products_are_errors():
    with pytest.raises(RuleError, match="IC was listed on 2015-04-16"):
        FuturesRules.between("IC", ["2015-04-15"])
    with pytest.raises(RuleError, match="known: IF, IH, IC, IM"):
        FuturesRules.between("IX", ["2015-04-15"])
    with pytest.raises(RuleError, match="hedging, speculative"):
        FuturesRules.between("IF", ["2015-04-15"], account="arbitrage")


def test_listing_dates():
    assert str(IndexProduct.of("IF").listed) == "2010-04-16"
    assert str(IndexProduct.of("IM").listed) == "2022-07-22"


def test_the_larger_side_alone_is_charged_where_the_rule_book_says_so():
    rules = FuturesRules.between("IF", ["2022-07-21", "2022-07-22"])
    assert rules.larger_side.tolist() == [False, True]
