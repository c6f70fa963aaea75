"""Clients, bridge and report on real data, 2014-09-17 to 2015-07-31."""

from datetime import date
from pathlib import Path

import pytest

from quanthedge.backtesting.run import backtest
from quanthedge.fund import Clients
from quanthedge.fund.clients import Flow
from quanthedge.market import Market
from quanthedge.performance import Bridge
from quanthedge.performance.fairness import fairness
from quanthedge.report.formats import write_reports
from quanthedge.strategy import load_strategy

ROOT = Path(__file__).parents[2]
FLOWS = (
    Flow(date=date(2014, 11, 20), investor="B", subscribe_yuan=5e7),
    Flow(date=date(2015, 6, 25), investor="B", redeem_fraction=0.6),
    Flow(date=date(2015, 7, 3), investor="founder", redeem_fraction=0.4),
)


@pytest.mark.parametrize("method", ["whole_fund", "lot_units", "series", "equalisation"])
def test_the_bridge_closes_while_clients_leave_in_the_crash(
    real_market: Market, method: str
) -> None:
    strategy = load_strategy(ROOT / "strategies" / "market_neutral.toml")
    clients = Clients(method=method, flows=FLOWS, opening="week", payment_days=2)
    result = backtest(
        strategy.model_copy(update={"clients": clients}), real_market, "2014-09-17", "2015-07-31"
    )
    daily = result.bridge("day")
    assert (daily["residual"].abs() / result.ledger["equity"].iloc[1:]).max() < 1e-9
    assert abs(Bridge(result).returns()["residual"].iloc[0]) < 1e-9
    assert result.ledger["redemptions_payable"].iloc[-1] == 0.0
    assert result.ledger["redemptions"].sum() > 6e7
    if method != "whole_fund":
        worst = fairness(result)["difference_yuan"].abs().max()
        assert worst < 0.02 * fairness(result)["wealth_yuan"].max()


def test_page_and_paper_of_a_long_run_are_small(real_market: Market, tmp_path: Path) -> None:
    strategy = load_strategy(ROOT / "strategies" / "market_neutral.toml")
    result = backtest(strategy, real_market, "2010-04-19", "2018-12-28")
    paths = {p.suffix: p for p in write_reports(result, tmp_path, ["html", "pdf"])}
    assert paths[".html"].stat().st_size < 5e6
    assert paths[".pdf"].stat().st_size < 3e6
