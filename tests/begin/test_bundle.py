"""A sample market and strategies are there by name, wherever one stands."""

import os
from pathlib import Path

import pytest

import quanthedge as qh
from quanthedge.begin import sample_folder, strategy_names, strategy_place
from quanthedge.begin.bundle import strategy_file
from quanthedge.errors import StrategyError
from tests.cli.inside import inside


def test_the_sample_market_is_opened_once() -> None:
    market = qh.sample_market()
    assert market is qh.sample_market()
    assert market.path == sample_folder()
    assert len(market.codes) == 120


@pytest.mark.parametrize("name", strategy_names())
def test_every_name_is_a_strategy_that_loads_from_any_folder(
    name: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    assert qh.load_strategy(name) == qh.load_strategy(f"{name}.toml")
    assert qh.load_strategy(name) == qh.load_strategy(strategy_file(name))


def test_a_file_of_that_name_goes_before_the_one_of_the_package(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    mine = strategy_file("market_neutral").read_text(encoding="utf-8")
    mine = mine.replace('name = "Market neutral, six factors"', 'name = "Mine"')
    Path("market_neutral.toml").write_text(mine, encoding="utf-8")
    assert qh.load_strategy("market_neutral.toml").name == "Mine"
    assert qh.load_strategy("market_neutral").name == "Market neutral, six factors"


@pytest.mark.parametrize("name", ["market_neutrl", "", "Market_Neutral"])
def test_a_name_that_nobody_has_is_refused_with_those_that_there_are(
    name: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    with pytest.raises(StrategyError, match="market_neutral") as found:
        strategy_file(name)
    assert "\n" not in str(found.value)


def test_a_path_is_never_taken_for_a_name() -> None:
    place = os.path.join("elsewhere", "market_neutral.toml")
    assert strategy_place(place) == Path(place)
    assert strategy_place("mine.toml") == Path("mine.toml")


def test_commands_know_the_names_and_the_sample_market(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    done = inside("token", "leveraged_token")
    assert done.returncode == 0
    assert "times 000300.SH of" in done.stdout
    refused = inside("run", "nothing")
    assert refused.returncode == 2
    assert "comes with quanthedge; those that do: calendar_spread" in refused.stderr
