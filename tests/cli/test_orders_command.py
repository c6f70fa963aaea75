"""`quanthedge orders` and `quanthedge run --state` as they are called, on the sample market."""

import pandas as pd
import pytest

from quanthedge.backtesting import backtest
from tests.cli.inside import inside
from tests.sample import NEUTRAL, SAMPLE, sample_market, small_strategy

pytestmark = pytest.mark.slow
START, DAY = "2014-09-17", "2014-12-31"


@pytest.fixture(scope="module")
def files(tmp_path_factory):
    """A run's book at a close as an account would tell it, and the run's folder."""
    folder = tmp_path_factory.mktemp("daily")
    run = backtest(small_strategy(), sample_market().until(DAY), START)
    run.to_parquet(folder / "run")
    last, row = run.ledger.index[-1], run.ledger.iloc[-1]
    stocks = run.positions[run.positions["date"] == last]
    pd.DataFrame(
        {
            "证券代码": stocks["code"].str[:6],
            "证券名称": stocks["name"],
            "持仓数量": stocks["shares"],
        }
    ).to_csv(folder / "stocks.csv", index=False, encoding="gbk")
    lots = run.contracts[(run.contracts["date"] == last) & (run.contracts["lots"] != 0)]
    pd.DataFrame({"合约": lots["contract"], "方向": "空", "手数": -lots["lots"]}).to_csv(
        folder / "futures.csv", index=False
    )
    cash = (
        f"item,yuan\nstock_cash,{row['stock_cash']!r}\nfutures_equity,{row['futures_cash']!r}\n"
        f"fees_payable,{row['fees_payable']!r}\n"
    )
    (folder / "cash.csv").write_text(cash.replace("np.float64(", "").replace(")", ""))
    return folder


def orders(*arguments):
    return inside(
        "orders", NEUTRAL, "--set", "selector.n=30", "--market", SAMPLE, "--date", DAY, *arguments
    )


def test_orders_of_files_and_of_the_run_are_the_same(files, tmp_path):
    given = orders(
        "--holdings", files / "stocks.csv", "--holdings", files / "futures.csv", "--cash",
        files / "cash.csv", "--start", START, "--out", tmp_path / "given", "--format", "qmt,ctp",
        "--account", "8001", "--language", "en",
    )  # fmt: skip
    assert given.returncode == 0, given.stderr
    assert "decided at the close of 2014-12-31 · to be traded on 2015-01-05" in given.stdout
    alone = orders("--start", START, "--holdings", files / "stocks.csv")
    assert alone.returncode == 2
    assert "holdings and cash are given together" in alone.stderr
    names = {path.name for path in (tmp_path / "given").iterdir()}
    assert names == {
        "orders.csv", "refused.csv", "transfers.csv", "book.csv", "totals.csv", "orders_qmt.csv",
        "orders_ctp.csv", "orders_en.html",
    }  # fmt: skip
    again = orders(
        "--holdings", files / "stocks.csv", "--holdings", files / "futures.csv", "--cash",
        files / "cash.csv", "--start", START, "--out", tmp_path / "given", "--rebalance",
        "--language", "zh",
    )  # fmt: skip
    assert again.returncode == 2
    assert "--overwrite" in again.stderr


def test_a_run_that_was_cut_is_no_run_of_the_whole_market(files):
    """The state of a run of less data goes on with more: the folder is all that is needed."""
    found = orders("--state", files / "run", "--language", "zh")
    assert found.returncode == 0, found.stderr
    assert "委托笔数: 40" in found.stdout
    wrong = inside("orders", NEUTRAL, "--market", SAMPLE, "--state", files / "run")
    assert wrong.returncode == 2
    assert "selector.n 30, now 100" in wrong.stderr


def test_run_state_goes_on_and_writes_the_run_of_one_go(files, tmp_path):
    common = (NEUTRAL, "--set", "selector.n=30", "--market", SAMPLE, "--end", "2015-01-06")
    on = inside("run", *common, "--state", files / "run", "--out", tmp_path / "on", "--quiet")
    assert on.returncode == 0, on.stderr
    once = inside("run", *common, "--start", START, "--out", tmp_path / "once", "--quiet")
    assert once.returncode == 0, once.stderr
    for path in (tmp_path / "once").iterdir():
        assert (tmp_path / "on" / path.name).read_bytes() == path.read_bytes(), path.name
    for option, value in (("--start", START), ("--variants", "all")):
        wrong = inside("run", *common, "--state", files / "run", option, value)
        assert wrong.returncode == 2
        assert f"{option} goes without --state" in wrong.stderr


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (("--format", "o32"), "accepted: qmt"),
        (("--language", "fr"), "accepted: zh, en"),
        ((), "give what is held"),
        (("--state", "nowhere"), "not a run folder"),
        (("--next", "2014-12-30", "--state"), ""),
    ],
)
def test_wrong_uses_end_in_one_line(files, arguments, words):
    if arguments and arguments[-1] == "--state":
        arguments, words = (*arguments, files / "run"), "accepted: a day after 2014-12-31"
    found = orders(*arguments)
    assert found.returncode == 2
    assert words in found.stderr
    assert len(found.stderr.strip().splitlines()) == 1
