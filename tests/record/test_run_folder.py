"""What a run folder promises: nothing of anybody is lost, nothing in it is believed unlooked at."""

import contextlib
import io
import json
import shutil
from pathlib import Path

import pandas as pd
import pytest

from quanthedge.backtesting.request import request
from quanthedge.backtesting.result import Result
from quanthedge.backtesting.run import backtest
from quanthedge.cli.app import app
from quanthedge.cli.terminal import answer
from quanthedge.comparison import Products
from quanthedge.errors import DataError
from quanthedge.record.tables import TABLES, check_table
from quanthedge.strategy import VARIANTS
from tests.record.sealing import seal
from tests.sample import NEUTRAL, SAMPLE, sample_market, sample_result, small_strategy

DAYS = ["--start", "2015-07-01", "--end", "2015-07-10"]
RUN = ["run", NEUTRAL, "--market", SAMPLE, "--set", "selector.n=30", *DAYS, "--quiet"]


def said(*arguments: object, code: int = 0) -> str:
    """Run a command in this process; return what it printed, errors included."""
    output = io.StringIO()
    with contextlib.redirect_stdout(output), contextlib.redirect_stderr(output):
        found = answer(lambda: app([str(one) for one in arguments]))
    text = output.getvalue()
    assert found == code, text
    assert text.count("error: ") == (code == 2)
    return text


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("made") / "run"
    assert "wrote" in said(*RUN, "--out", folder)
    return folder


@pytest.fixture
def run(made: Path, tmp_path: Path) -> Path:
    return Path(shutil.copytree(made, tmp_path / "run"))


def content(folder: Path) -> dict[str, bytes]:
    return {
        path.relative_to(folder).as_posix(): path.read_bytes()
        for path in folder.rglob("*") if path.is_file()
    }  # fmt: skip


def test_the_same_run_is_recognised_and_not_run_again(run, monkeypatch) -> None:
    monkeypatch.setattr(
        "quanthedge.backtesting.run.backtest", lambda *_: pytest.fail("it was run again")
    )
    before = content(run)
    assert "already there" in said(*RUN, "--out", run)
    # the days may be said in other words: not given, they are those of the whole market
    assert content(run) == before


def test_again_runs_it_to_the_same_bytes(run) -> None:
    before = content(run)
    text = said(*RUN, "--out", run, "--again")
    assert "already there" not in text
    assert content(run) == before


@pytest.mark.parametrize(
    ("options", "word"),
    [
        (["--set", "selector.buffer=0.5"], "selector.buffer 0.0, now 0.5"),
        (["--capital", "2e8"], "capital_yuan 100000000.0, now 200000000.0"),
        (["--end", "2015-07-09"], "last day 2015-07-10, now 2015-07-09"),
        (["--variants", "long_only"], 'variants [], now ["long_only"]'),
    ],
)
def test_another_run_is_refused_in_a_line_that_says_how_it_differs(run, options, word) -> None:
    before = content(run)
    text = said(*RUN, *options, "--out", run, code=2)
    assert word in text
    assert "--overwrite" in text
    assert content(run) == before


def test_other_versions_and_other_code_make_it_another_run(run, monkeypatch) -> None:
    with monkeypatch.context() as changed:
        changed.setattr("quanthedge.backtesting.request.code_digest", lambda: "0" * 64)
        assert "code of quanthedge" in said(*RUN, "--out", run, code=2)
    monkeypatch.setattr("quanthedge.backtesting.request._version", lambda _: "9.9")
    assert "version.numpy" in said(*RUN, "--out", run, code=2)


def test_products_with_other_values_make_it_another_run(tmp_path) -> None:
    file = tmp_path / "mine.csv"
    strategy = [*RUN, "--set", f'comparison=[{{kind="unit_values", name="m", file="{file}"}}]']
    file.write_text("date,value\n2015-07-01,1.0\n2015-07-10,1.1\n")
    said(*strategy, "--out", tmp_path / "run")
    assert "already there" in said(*strategy, "--out", tmp_path / "run")
    file.write_text("date,value\n2015-07-01,1.0\n2015-07-10,1.2\n")
    assert "values of the products" in said(*strategy, "--out", tmp_path / "run", code=2)


def test_files_of_others_stay_when_a_run_is_replaced(run) -> None:
    (run / "letter.txt").write_text("mine")
    (run / "variants").mkdir()
    (run / "variants" / "notes.txt").write_text("mine")
    text = said(*RUN, "--end", "2015-07-09", "--out", run, "--overwrite")
    assert "letter.txt" in text
    assert (run / "letter.txt").read_text() == "mine"
    assert (run / "variants" / "notes.txt").read_text() == "mine"
    assert f"{Result.open(run).ledger.index[-1]:%Y-%m-%d}" == "2015-07-09"
    said(*RUN, "--end", "2015-07-09", "--out", run, "--again")
    assert (run / "letter.txt").read_text() == "mine"


def test_tables_of_variants_that_are_no_more_go(run) -> None:
    said(*RUN, "--variants", "long_only", "--out", run, "--overwrite")
    assert (run / "variants" / "long_only.parquet").exists()
    said(*RUN, "--out", run, "--overwrite")
    assert not (run / "variants").exists()


def test_a_run_json_of_somebody_else_is_never_replaced(tmp_path) -> None:
    folder = tmp_path / "theirs"
    folder.mkdir()
    for text in ('{"format": "x"}', '["a"]', "{", "null", '{"format": true, "market": {}}'):
        (folder / "run.json").write_text(text)
        assert "damaged" in said(*RUN, "--out", folder, "--overwrite", code=2)
        assert content(folder) == {"run.json": text.encode()}


def test_python_replaces_no_run_unasked_either(tmp_path) -> None:
    result = sample_result()
    result.to_parquet(tmp_path / "run")
    before = content(tmp_path / "run")
    result.to_parquet(tmp_path / "run")  # the same: nothing to do
    other = backtest(small_strategy(), sample_market(), "2015-07-01", "2015-07-10")
    with pytest.raises(DataError, match="holds another run"):
        other.to_parquet(tmp_path / "run")
    assert content(tmp_path / "run") == before
    other.to_parquet(tmp_path / "run", overwrite=True)
    assert len(Result.open(tmp_path / "run").ledger) == len(other.ledger)


def scaled(run: Path) -> None:
    frame = pd.read_parquet(run / "ledger.parquet")
    frame["equity"] *= 1.2
    frame.to_parquet(run / "ledger.parquet")


def test_an_edited_ledger_is_refused_by_every_reader(run, tmp_path) -> None:
    scaled(run)
    readers = [
        ["report", run], ["bridge", run], ["compare", run], ["statement", run, "founder"],
        ["basis", SAMPLE, "--run", run], ["report", run, "--capacity", tmp_path / "none.csv"],
        [*RUN, "--out", run],
    ]  # fmt: skip
    for reader in readers:
        text = said(*reader, code=2)
        assert "ledger.parquet: changed since it was written" in text
        assert "again" in text
    said(*RUN, "--out", run, "--again")
    said("bridge", run)


def test_every_file_of_a_run_is_covered(made, tmp_path) -> None:
    said(*RUN, "--variants", "long_only", "--out", tmp_path / "run")
    whole = content(tmp_path / "run")
    assert {f"{name}.parquet" for name in TABLES} < set(whole)
    for name, raw in whole.items():
        path = tmp_path / "run" / name
        path.write_bytes(raw[:-3] + bytes([raw[-3] ^ 1]) + raw[-2:])
        with pytest.raises(DataError, match=r"changed since|damaged") as refusal:
            Result.open(tmp_path / "run")
        assert name.split("/")[-1] in str(refusal.value)
        path.unlink()
        with pytest.raises(DataError, match=r"damaged|not a run folder"):
            Result.open(tmp_path / "run")
        path.write_bytes(raw)
    Result.open(tmp_path / "run")


SHAPES = [
    "[]", '["a"]', "null", "3", '"run"', "{}", '{"format": 10}', "NaN", "", "\ufeff{}", "[" * 9000,
    '{"format": ' + "9" * 5000 + "}", '{"format": 10.0}', '{"format": "10"}',
]  # fmt: skip


@pytest.mark.parametrize("shape", SHAPES, ids=range(len(SHAPES)))
def test_a_run_json_of_another_shape_is_called_damaged(run, shape) -> None:
    (run / "run.json").write_text(shape, encoding="utf-8")
    assert "damaged" in said("report", run, code=2)


def edited(run: Path, file: str, change) -> None:
    document = json.loads((run / file).read_bytes())
    change(document)
    (run / file).write_text(json.dumps(document), encoding="utf-8")
    seal(run)


@pytest.mark.parametrize(
    "change",
    [
        lambda head: head["variants"].update({"../../outside": {}}),
        lambda head: head["request"].update(variants=["../../outside"]),
        lambda head: head["market"].update(fingerprint="../../outside"),
        lambda head: head["market"].update(start=20150701),
        lambda head: head["market"].update(stocks=True),
        lambda head: head.update(notes=[{"kind": "x", "en": "x"}]),
        lambda head: head.update(timeline="x"),
        lambda head: head.update(versions={"numpy": 2}),
        lambda head: head["files"].pop("trades.parquet"),
        lambda head: head.update(files={}),
    ],
)
def test_nothing_of_another_type_passes_even_with_fitting_digests(run, change) -> None:
    edited(run, "run.json", change)
    assert "damaged" in said("bridge", run, code=2)


def test_a_strategy_that_is_none_passes_no_more_than_in_a_strategy_file(run) -> None:
    edited(run, "strategy.json", lambda strategy: strategy.update(risk_free=float("inf")))
    assert "damaged" in said("report", run, code=2)


@pytest.mark.parametrize(
    ("change", "word"),
    [
        (lambda strategy: strategy["hedge"].update(product="ZZ"), "hedge.product"),
        (lambda strategy: strategy.update(leverage=2.0), "leverage"),
        (lambda strategy: strategy.pop("invested_fraction"), "invested_fraction"),
        (lambda strategy: strategy["execution"].pop("participation"), "execution.participation"),
        (lambda strategy: strategy["selector"].update(n=30.5), "selector.n"),
        (lambda strategy: strategy["factors"][0]["factor"].update(kind="gone"), "factors.0"),
    ],
)
def test_a_strategy_that_this_version_does_not_take_is_one_clear_line(run, change, word) -> None:
    edited(run, "strategy.json", change)
    edited(run, "run.json", lambda head: head["versions"].update(quanthedge="0.0.9"))
    for reader in (["report", run], ["bridge", run], [*RUN, "--out", run]):
        text = said(*reader, code=2)
        assert "this version does not take the run's strategy" in text
        assert word in text
        assert "written by quanthedge 0.0.9" in text
        assert "run the strategy again" in text
        assert len(text.strip().splitlines()) == 1


@pytest.mark.parametrize(
    ("table", "change", "word"),
    [
        ("ledger", lambda f: f.drop(columns="equity"), "no column equity"),
        ("ledger", lambda f: f.iloc[::-1], "ascending"),
        ("ledger", lambda f: f.assign(equity="x"), "equity holds str"),
        ("ledger", lambda f: f.iloc[:1], "does not begin"),
        ("trades", lambda f: f.assign(date="2015-07-01"), "date holds str"),
        ("trades", lambda f: f.set_index("date"), "numbered"),
        ("positions", lambda f: pd.concat([f, f[-1:]], ignore_index=True), "two rows for one date"),
        ("positions", lambda f: f.assign(shares=f["shares"] * 1.5), "not whole"),
        ("indices", lambda f: f.assign(more="x"), "not number"),
    ],
)
def test_a_table_of_another_shape_is_damaged_even_with_a_fitting_digest(
    run, table, change, word
) -> None:
    path = run / f"{table}.parquet"
    change(pd.read_parquet(path)).to_parquet(path)
    seal(run)
    assert word in said("report", run, code=2)


@pytest.mark.parametrize("rows", [0, 1])
def test_a_variant_without_days_is_damaged_even_with_a_fitting_digest(run, rows) -> None:
    said(*RUN, "--variants", "long_only", "--out", run, "--overwrite")
    path = run / "variants" / "long_only.parquet"
    pd.read_parquet(path).iloc[:rows].to_parquet(path)
    seal(run)
    assert "variants/long_only.parquet does not begin" in said("compare", run, code=2)


def test_every_column_of_a_run_is_declared() -> None:
    for name, table in TABLES.items():
        frame = getattr(sample_result(), name)
        check_table(frame, table, name)
        assert set(frame.columns) == set(table.names()) or (table.by_date and table.others), name


def test_every_column_has_a_kind_a_meaning_and_a_unit_where_it_counts_something() -> None:
    for name, table in TABLES.items():
        assert table.meaning, name
        assert set(table.key) <= set(table.names()), name
        for column in table.columns:
            assert column.kind in ("date", "text", "whole", "number"), (name, column)
            assert column.meaning, (name, column)
            numeric = column.kind in ("whole", "number")
            assert numeric or not column.unit, (name, column)
    units = {c.unit for t in TABLES.values() for c in t.columns if c.name.endswith("_yuan")}
    assert units == {"yuan"}


def test_the_market_of_another_run_is_named(run, tmp_path) -> None:
    other = tmp_path / "other"
    said("simulate", other, "--stocks", "40", "--years", "3", "--seed", "5")
    command = ["run", run / "strategy.json", *DAYS, "--quiet"]
    text = said(*command, "--market", other)
    assert "was run on the market" in text
    assert "data differ" in text
    assert "was run on" not in said(*command, "--market", SAMPLE)
    (run / "strategy.json").write_text((run / "strategy.json").read_text().replace("0.75", "0.7"))
    assert "changed since that run" in said(*command, "--market", SAMPLE)


def test_a_document_takes_no_other_s_place(run, tmp_path) -> None:
    command = ["report", run, "--format", "json", "--language", "en"]
    assert "Wrote" in said(*command)
    assert "already there" in said(*command)
    # the same run, other products: its own report may be replaced
    assert "Wrote anew" in said(*command, "--fixed", "trust=0.08")
    page = run / "report_en.json"
    page.write_text("my notes")
    assert "another report is there" in said(*command, code=2)
    assert page.read_text() == "my notes"
    said(*command, "--overwrite")
    # a report of the run that was here before is not one of this run
    said(*RUN, "--end", "2015-07-09", "--out", run, "--overwrite")
    assert "another report is there" in said(*command, code=2)
    # elsewhere nobody knows whose it is
    said("bridge", run, "--out", tmp_path / "b.csv")
    assert "already there" in said("bridge", run, "--out", tmp_path / "b.csv")
    assert "another bridge" in said(
        "bridge", run, "--by", "day", "--out", tmp_path / "b.csv", code=2
    )


def test_a_token_s_files_are_kept(tmp_path) -> None:
    token = ["token", NEUTRAL.with_name("leveraged_token.toml"), "--market", SAMPLE]
    (tmp_path / "note.txt").write_text("mine")
    said(*token, "--out", tmp_path)
    assert "already there" in said(*token, "--out", tmp_path)
    before = content(tmp_path)
    assert "--overwrite" in said(*token, "--set", "target=2.0", "--out", tmp_path, code=2)
    assert content(tmp_path) == before
    said(*token, "--set", "target=2.0", "--out", tmp_path, "--overwrite")
    assert (tmp_path / "note.txt").read_text() == "mine"


def test_a_request_keeps_the_variants_by_name() -> None:
    nothing = Products.unit_values(())
    assert request(("all",), nothing)["variants"] == list(VARIANTS)
    assert request((), nothing) == sample_result().request
