"""The example of docs/fund.md is a strategy that runs."""

import json
import tomllib
from pathlib import Path

from quanthedge.backtesting.result import Result
from quanthedge.backtesting.run import backtest
from quanthedge.performance.statement import investor_statement
from quanthedge.report.formats import write_report
from quanthedge.strategy import Strategy, load_strategy
from tests.sample import END, ROOT, START, sample_market, small_strategy


def test_the_documented_clients_run() -> None:
    page = (ROOT / "docs" / "fund.md").read_text(encoding="utf-8")
    example = tomllib.loads(page.split("```toml")[1].split("```")[0])
    plain = small_strategy().model_dump(mode="json")
    strategy = Strategy.model_validate(
        plain | {"fund": plain["fund"] | example["fund"], "clients": example["clients"]}
    )
    result = backtest(strategy, sample_market(), START, END)
    events = result.investors["event"].value_counts()
    assert events["subscription"] == 2
    assert events["redemption"] >= 1
    assert events["distribution"] >= 1
    assert result.ledger["service_fee"].sum() > 0
    assert result.ledger["audit_fee"].sum() > 0


def test_the_strategy_with_clients_runs() -> None:
    strategy = load_strategy(ROOT / "strategies" / "fund_with_clients.toml", ["selector.n=30"])
    result = backtest(strategy, sample_market(), START, END)
    assert investor_statement(result, "Client B").paid_out > 5e6
    assert (result.bridge("day")["residual"].abs() < 1e-6).all()


def test_fee_steps_without_end_are_written_as_json_and_read_back(tmp_path: Path) -> None:
    strategy = load_strategy(ROOT / "strategies" / "fund_with_clients.toml", ["selector.n=30"])
    assert strategy.clients is not None
    assert strategy.clients.redemption_fee[-1].below == float("inf")
    result = backtest(strategy, sample_market(), START, END)
    folder = result.to_parquet(tmp_path / "run")

    def refused(word: str) -> None:
        raise AssertionError(f"{word} is not JSON")

    text = (folder / "strategy.json").read_text(encoding="utf-8")
    assert json.loads(text, parse_constant=refused) == result.strategy.model_dump(mode="json")
    assert load_strategy(folder / "strategy.json") == strategy
    page = write_report(Result.open(folder), tmp_path, "json", "en")
    numbers = json.loads(page.read_text(encoding="utf-8"), parse_constant=refused)
    assert numbers["strategy"] == result.strategy.model_dump(mode="json")
