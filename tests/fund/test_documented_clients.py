"""The example of docs/fund.md is a strategy that runs."""

import json
import tomllib
from fractions import Fraction
from pathlib import Path
from typing import Any

from quanthedge.backtesting.result import Result
from quanthedge.backtesting.run import backtest
from quanthedge.fund import FundTerms
from quanthedge.performance.statement import investor_statement
from quanthedge.report.formats import write_report
from quanthedge.strategy import Strategy, load_strategy
from tests.sample import END, ROOT, START, sample_market, small_strategy


def test_the_documented_method_charges_what_it_does_not_waive() -> None:
    page = (ROOT / "docs" / "fund.md").read_text(encoding="utf-8")
    source = page.split("## Adding a method")[1].split("```python")[1].split("```")[0]
    names: dict[str, Any] = {"__name__": "part_waived"}
    exec(source, names)
    method = names["PartWaived"]
    fees = {}
    for waived in (0.0, 0.4):
        register = method(waived=waived).open(FundTerms())
        register.subscribe("A", 1_000_000)
        register.revalue(Fraction(1_200_000))
        fees[waived] = register.crystallise()[0].fee
    assert fees == {0.0: 50_000, 0.4: 30_000}
    assert method().model_dump() == "part_waived"
    assert method(waived=0.4).model_dump() == {"kind": "part_waived", "waived": 0.4}


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
