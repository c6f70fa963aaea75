"""The token leaves the process in the bodies of requests and appears nowhere else."""

import copy
import json
import logging
import pickle
import traceback
from pathlib import Path
from typing import Any

import pytest

from quanthedge.errors import DataError
from quanthedge.sources.download.secret import Token
from quanthedge.sources.tushare.client import Tushare
from tests.sources.download.conftest import Fetch
from tests.sources.download.tushare_server import BAD_TOKEN, TOKEN, TushareServer, failing, refusing


def words_of(error: BaseException | None) -> str:
    """All that an error and those before it say, with every local variable on the way."""
    said = []
    while error is not None:
        said += [str(error), repr(error), repr(vars(error)), repr(getattr(error, "request", ""))]
        said += traceback.TracebackException.from_exception(error, capture_locals=True).format()
        error = error.__cause__ or error.__context__
    return "\n".join(said)


def text_of(folder: Path) -> bytes:
    return b"".join(path.read_bytes() for path in folder.rglob("*") if path.is_file())


def test_no_file_log_or_output_holds_the_token(
    fetch: Fetch, server: TushareServer, tmp_path: Path, caplog: pytest.LogCaptureFixture,
    capfd: pytest.CaptureFixture[str],
) -> None:  # fmt: skip
    caplog.set_level(logging.DEBUG)
    server.trouble.append(failing(503, times=2))
    summary = fetch()
    assert b"20150701" in text_of(tmp_path)
    assert TOKEN.encode() not in text_of(tmp_path)
    said = capfd.readouterr()
    assert caplog.records  # the libraries do log
    for text in (caplog.text, said.out, said.err, summary.to_text(), repr(summary)):
        assert TOKEN not in text


@pytest.mark.parametrize(
    "trouble",
    [
        refusing(BAD_TOKEN),
        refusing(f"token {TOKEN} invalid"),
        lambda _, question: (200, {"code": 1, "msg": f"token wrong: {json.dumps(question)}"}),
        lambda _, question: (200, json.dumps(question).encode()),
        failing(403),
    ],
)
def test_no_error_holds_the_token_even_when_the_vendor_repeats_it(
    fetch: Fetch, server: TushareServer, tmp_path: Path, trouble: Any
) -> None:
    server.trouble.append(trouble)
    said = ""
    try:
        said = fetch("daily", attempts=2).to_text()
    except DataError as error:
        said = words_of(error)
    assert said
    assert TOKEN not in said
    assert TOKEN.encode() not in text_of(tmp_path)


def test_an_answer_that_repeats_the_token_is_stored_without_it(
    fetch: Fetch, server: TushareServer, tmp_path: Path
) -> None:
    server.tables["stock_basic"]["name"] = f"name {TOKEN}"
    fetch("stock_basic")
    assert TOKEN.encode() not in text_of(tmp_path)


def test_a_broken_line_leaves_no_trace_of_the_request(server: TushareServer) -> None:
    client = Tushare(Token(TOKEN), "http://127.0.0.1:9", time_out=0.5)
    with pytest.raises(Exception, match="no answer") as caught:
        client._post({"api_name": "daily"})
    assert TOKEN not in words_of(caught.value)


def test_a_token_shows_itself_in_no_representation_and_cannot_be_copied_out() -> None:
    token = Token(TOKEN)
    client = Tushare(token)
    for text in (repr(token), str(token), f"{token!s:>20}", repr(client), repr(vars(client))):
        assert TOKEN not in text
    for copied in (pickle.dumps, copy.copy, copy.deepcopy):
        with pytest.raises(TypeError, match="not written"):
            copied(token)
    assert not hasattr(token, "__dict__")


@pytest.mark.parametrize("text", ["", "   ", "short", f"{TOKEN} {TOKEN}", "密" * 20, "x" * 600])
def test_what_is_no_token_is_refused_without_being_shown(text: str) -> None:
    with pytest.raises(DataError, match="not shown") as caught:
        Token(text)
    assert not text.strip() or text not in str(caught.value)


def test_a_token_comes_from_the_environment_or_a_file(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("TUSHARE_TOKEN", raising=False)
    with pytest.raises(DataError, match="TUSHARE_TOKEN is not set"):
        Token.from_environment("TUSHARE_TOKEN")
    monkeypatch.setenv("TUSHARE_TOKEN", f" {TOKEN}\n")
    assert Token.from_environment("TUSHARE_TOKEN").reveal() == TOKEN
    (tmp_path / "token").write_text(f"{TOKEN}\nsecond line\n")
    assert Token.from_file(tmp_path / "token").reveal() == TOKEN
    for wrong in (tmp_path, tmp_path / "none"):
        with pytest.raises(DataError, match="cannot be read"):
            Token.from_file(wrong)
