"""The audit of an index-relative strategy: costs, betas, contracts and risk see no later day."""

import quanthedge as qh
from tests.sample import ROOT, sample_market


def test_an_optimised_book_sees_nothing_of_the_future():
    six = qh.load_strategy(ROOT / "strategies" / "market_neutral.toml").factors  # cheaper
    strategy = qh.load_strategy(ROOT / "strategies" / "index_relative.toml")
    report = qh.audit(
        strategy.change({"alpha": None, "factors": six, "risk": {"eigen": 0.0}}), sample_market(),
        dates=1, seed=3, start="2015-05-20", end="2015-06-10",
    )  # fmt: skip
    assert report.passed, report.to_text()
