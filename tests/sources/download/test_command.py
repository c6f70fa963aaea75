"""The command: exit codes, what it prints, and that it shows no token."""

import signal
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import typer
from typer.testing import CliRunner, Result

from quanthedge.cli import download as command
from quanthedge.errors import DataError
from tests.sources.download import fake_akshare
from tests.sources.download.fake_baostock import BaoStockModule
from tests.sources.download.tushare_server import (
    PERMISSION,
    TOKEN,
    TushareServer,
    failing,
    refusing,
)

APP = typer.Typer()
APP.command("download")(command.command)
JULY = ("--start", "2015-07-01", "--end", "2015-07-31", "--per-minute", "6000")


def run(*words: Any, token: str = TOKEN) -> Result:
    return CliRunner().invoke(APP, [str(word) for word in words], env={"TUSHARE_TOKEN": token})


def test_a_download_says_what_it_did(server: TushareServer, tmp_path: Path) -> None:
    found = run("tushare", tmp_path, *JULY, "--tables", "daily, adj_factor", "--url", server.url)
    assert found.exit_code == 0, found.output
    assert "47 requests made (0 of them repeated); 47 files written" in found.output
    assert f"Downloaded tushare from 2015-07-01 to 2015-07-31 into {tmp_path}." in found.output
    assert TOKEN not in found.output
    again = run("tushare", tmp_path, *JULY, "--tables", "daily,adj_factor", "--url", server.url)
    assert "0 requests made" in again.output
    assert "47 answers were there already" in again.output


def test_what_is_missing_is_named_with_exit_code_1(server: TushareServer, tmp_path: Path) -> None:
    server.trouble.append(refusing(PERMISSION, "adj_factor"))
    rows = server.tables["daily"]
    server.tables["daily"] = rows[rows["trade_date"] < "20150729"]
    found = run("tushare", tmp_path, *JULY, "--tables", "daily,adj_factor", "--url", server.url)
    assert found.exit_code == 1
    assert f"not given: adj_factor: {PERMISSION}" in found.output
    assert "missing: daily 20150731, 20150730, 20150729: the vendor gives no rows" in found.output
    assert f"{tmp_path} is not complete" in found.output


@pytest.fixture
def interruptible() -> Iterator[None]:
    """A process started in the background is deaf to Ctrl-C; here it listens."""
    before = signal.signal(signal.SIGINT, signal.default_int_handler)
    yield
    signal.signal(signal.SIGINT, before)


@pytest.mark.usefixtures("interruptible")
def test_ctrl_c_ends_with_130_and_keeps_what_there_is(
    server: TushareServer, tmp_path: Path
) -> None:
    def interrupt(it: TushareServer, question: dict[str, Any]) -> None:
        if len(it.asked) == 6:
            import _thread

            _thread.interrupt_main()

    server.trouble.append(interrupt)
    found = run("tushare", tmp_path, *JULY, "--tables", "daily", "--url", server.url)
    assert found.exit_code == 130
    assert "the same command goes on" in found.output
    assert 3 <= len(list((tmp_path / "daily").iterdir())) <= 6
    server.trouble.clear()
    assert run("tushare", tmp_path, *JULY, "--tables", "daily", "--url", server.url).exit_code == 0


def test_a_wrong_token_is_one_clear_error_without_the_token(
    server: TushareServer, tmp_path: Path
) -> None:
    wrong = "f" * 56
    found = run("tushare", tmp_path, *JULY, "--url", server.url, token=wrong)
    assert isinstance(found.exception, DataError)
    assert "refuses the token" in str(found.exception)
    assert wrong not in str(found.exception) + found.output


def test_a_token_file_is_read_instead_of_the_environment(
    server: TushareServer, tmp_path: Path
) -> None:
    (tmp_path / "token").write_text(TOKEN)
    words = (
        *JULY,
        "--tables",
        "trade_cal",
        "--url",
        server.url,
        "--token-file",
        tmp_path / "token",
    )
    assert run("tushare", tmp_path / "d", *words, token="").exit_code == 0


@pytest.mark.parametrize(
    ("words", "said"),
    [(("tushare", "--start", "July"), "--start 'July' is no day; accepted: 2014-09-17"),
     (("tushare", "--end", "2015-02-30"), "--end '2015-02-30' is no day"),
     (("tushare", "--token-env", "MY_TOKEN_IS_NOT_SET"), "MY_TOKEN_IS_NOT_SET is not set"),
     (("tushare", "--tables", "x"), "accepted: trade_cal"),
     (("tushare", "--indices", "hs300"), "hs300"),
     (("tushare", "--per-minute", "0"), "requests per minute"),
     (("baostock", "--token-file", "x"), "takes no token")],
)  # fmt: skip
def test_wrong_use_is_one_clear_error(tmp_path: Path, words: tuple[str, ...], said: str) -> None:
    vendor, *rest = words
    found = run(vendor, tmp_path / "d", *JULY, *rest)
    assert isinstance(found.exception, DataError)
    assert said in str(found.exception)
    assert not (tmp_path / "d").exists()


def test_the_other_vendors_are_reached_with_their_own_spelling_of_indices(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(sys.modules, "akshare", fake_akshare.module())
    monkeypatch.setitem(sys.modules, "baostock", BaoStockModule().module())
    words = (*JULY, "--indices", "000905.SH")
    ak = run("akshare", tmp_path / "a", *words, "--tables", "index_zh_a_hist")
    assert ak.exit_code == 0, ak.output
    assert (tmp_path / "a" / "index_zh_a_hist" / "000905.parquet").is_file()
    bao = run("baostock", tmp_path / "b", *words, "--tables", "query_history_k_data_plus")
    assert bao.exit_code == 0, bao.output
    assert (tmp_path / "b" / "query_history_k_data_plus" / "sh.000905.parquet").is_file()


def test_a_long_download_is_announced_before_it_begins(
    capsys: pytest.CaptureFixture[str],
) -> None:
    with command._progress("download tushare", 200) as tell:
        tell(0, 9, "")
        tell(0, 5_000, "daily/20150731")
        tell(1, 5_000, "daily/20150730")
    assert capsys.readouterr().err == (
        "5,000 requests, at most 200 a minute: 25 minutes or more (Ctrl-C stops; the same command "
        "goes on)\n"
    )


def test_a_vendor_that_is_down_stops_the_run(server: TushareServer, tmp_path: Path) -> None:
    server.trouble.append(failing(404))
    found = run("tushare", tmp_path, *JULY, "--tables", "trade_cal", "--url", server.url)
    assert found.exit_code == 1
    assert "missing: trade_cal SSE: HTTP status 404" in found.output
