"""The command line from outside: one clear error each, the right exit code, no half-written run."""

import os
import shutil
import subprocess
import sys
import time
from pathlib import Path

import pandas as pd
import pytest

from quanthedge.storage.workplace import PLACE
from tests.cli.inside import inside
from tests.sample import END, NEUTRAL, ROOT, SAMPLE, START

SMALL = ["--set", "selector.n=30", "--start", START, "--end", END]


def quanthedge(*arguments: object, timeout: float = 300) -> subprocess.CompletedProcess[str]:
    """Run the command as a user starts it."""
    command = [sys.executable, "-m", "quanthedge.cli", *map(str, arguments)]
    return subprocess.run(
        command, check=False, capture_output=True, text=True, timeout=timeout, cwd=ROOT
    )


def refused(process: subprocess.CompletedProcess[str], *words: str, code: int = 2) -> None:
    """One error line that holds the words, the exit code, no traceback."""
    assert process.returncode == code, process.stderr
    lines = [line for line in process.stderr.splitlines() if line.startswith("error: ")]
    assert len(lines) == 1, process.stderr
    assert "Traceback" not in process.stderr
    for word in words:
        assert word in process.stderr


@pytest.fixture(scope="module")
def run_folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("cli") / "run"
    process = quanthedge("run", NEUTRAL, "--market", SAMPLE, *SMALL, "--out", folder)
    assert process.returncode == 0, process.stderr
    assert f"Wrote {folder}" in process.stdout
    assert len(process.stdout.splitlines()) <= 25
    return folder


def test_help_teaches_with_an_example() -> None:
    for command in (
        "import", "download", "update", "simulate", "check", "audit", "rules", "run", "report",
    ):  # fmt: skip
        text = inside(command, "--help").stdout
        assert f"quanthedge {command}" in " ".join(text.split())
    assert "quanthedge run" in " ".join(quanthedge("run", "--help").stdout.split())


def test_the_rule_book_of_a_day_is_printed() -> None:
    text = " ".join(inside("rules", "2015-09-07").stdout.split())
    assert "short 40%, hedging short 20%" in text
    refused(inside("rules", "yesterday"), "yesterday")


def test_a_run_folder_is_enough_to_run_again_to_the_same_bytes(run_folder, tmp_path) -> None:
    again = tmp_path / "again"
    process = inside(  # the folder was written by another process
        "run", run_folder / "strategy.json", "--market", SAMPLE, "--start", START, "--end", END,
        "--out", again, "--quiet",
    )  # fmt: skip
    assert process.returncode == 0, process.stderr
    names = sorted(path.name for path in run_folder.iterdir())
    assert names == sorted(path.name for path in again.iterdir())
    for name in names:
        assert (run_folder / name).read_bytes() == (again / name).read_bytes(), name


def test_reports_are_written_in_both_languages(run_folder, tmp_path) -> None:
    process = inside("report", run_folder, "--language", "en,zh", "--out", tmp_path)
    assert process.returncode == 0, process.stderr
    assert (tmp_path / "report_en.html").stat().st_size > 100_000
    assert (tmp_path / "report_zh.html").stat().st_size > 100_000


def test_an_unknown_language_is_refused(run_folder) -> None:
    refused(inside("report", run_folder, "--language", "fr"), "fr", "accepted: zh, en")


def test_a_report_of_no_run_is_refused(tmp_path) -> None:
    refused(inside("report", tmp_path / "nothing"), "not a run folder")


def test_a_missing_strategy_file_is_refused(tmp_path) -> None:
    refused(inside("run", tmp_path / "none.toml", "--market", SAMPLE), "none.toml")


def test_a_missing_market_is_refused(tmp_path) -> None:
    refused(inside("run", NEUTRAL, "--market", tmp_path / "none"), "none")


def test_a_misspelt_key_is_refused_with_the_one_that_was_meant(tmp_path) -> None:
    text = NEUTRAL.read_text(encoding="utf-8").replace("roll_days", "rol_days")
    path = tmp_path / "strategy.toml"
    path.write_text(text, encoding="utf-8")
    process = inside("run", path, "--market", SAMPLE, *SMALL)
    refused(process, "hedge.rol_days", "unknown key", "roll_days")


def test_a_misspelt_factor_is_refused_with_what_is_accepted(tmp_path) -> None:
    text = NEUTRAL.read_text(encoding="utf-8").replace('"book_yield"', '"bok_yield"')
    path = tmp_path / "strategy.toml"
    path.write_text(text, encoding="utf-8")
    refused(inside("run", path, "--market", SAMPLE, *SMALL), "bok_yield", "book_yield")


def test_a_broken_toml_file_is_refused(tmp_path) -> None:
    path = tmp_path / "strategy.toml"
    path.write_text("name = [", encoding="utf-8")
    refused(inside("run", path, "--market", SAMPLE), "not a readable TOML file")


def test_dates_outside_the_data_are_refused(tmp_path) -> None:
    out = tmp_path / "run"
    process = inside(
        "run", NEUTRAL, "--market", SAMPLE, "--start", "2020-01-02", "--end", "2020-12-31",
        "--out", out,
    )  # fmt: skip
    refused(process, "2020-01-02")
    assert not out.exists()
    refused(inside("run", NEUTRAL, "--market", SAMPLE, "--start", "yesterday"), "yesterday")


def test_an_empty_universe_is_refused() -> None:
    process = inside(
        "run", NEUTRAL, "--market", SAMPLE, *SMALL, "--set", "universe.filters.0.min_days=9999999"
    )
    refused(process, "universe: empty")


def test_capital_too_small_for_one_lot_is_refused() -> None:
    process = inside("run", NEUTRAL, "--market", SAMPLE, *SMALL, "--capital", "5000")
    refused(process, "too small for one lot")


def plain_tables(folder: Path) -> Path:
    """The sample as a user's own plain tables: Parquet without a manifest."""
    folder.mkdir()
    for path in SAMPLE.glob("*.parquet"):
        frame = pd.read_parquet(path)
        for name in frame.select_dtypes("category"):
            frame[name] = frame[name].astype(str)
        frame.to_parquet(folder / path.name)
    return folder


@pytest.fixture(scope="module")
def sound_import(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with plain tables and the market that was imported from them, by processes."""
    folder = tmp_path_factory.mktemp("sound")
    process = quanthedge("import", plain_tables(folder / "source"), folder / "market")
    assert process.returncode == 0, process.stderr
    return folder


def test_an_import_of_plain_tables_gives_a_market_that_runs(sound_import) -> None:
    market = sound_import / "market"
    assert quanthedge("check", market).returncode == 0
    ours = inside("run", NEUTRAL, "--market", market, *SMALL, "--quiet")
    assert ours.returncode == 0, ours.stderr


def spoil(source: Path, table: str, change) -> None:
    frame = pd.read_parquet(source / f"{table}.parquet")
    change(frame).to_parquet(source / f"{table}.parquet")


def put(column: str, value: object):
    def change(frame: pd.DataFrame) -> pd.DataFrame:
        frame.loc[5, column] = value
        return frame

    return change


FAULTS = {
    "price of zero": ("stock_daily", put("close", 0.0), "close"),
    "price that is no number": ("stock_daily", put("open", float("nan")), "open"),
    "misspelt column": ("stock_daily", lambda f: f.rename(columns={"close": "colse"}), "colse"),
    "two prices for one day": (
        "stock_daily",
        lambda f: pd.concat([f.iloc[:1].assign(volume=f["volume"].iloc[0] + 100.0), f]),
        "repeats",
    ),
    "unsorted dates": ("stock_daily", lambda f: f.iloc[[1, 0, *range(2, len(f))]], "sort"),
    "malformed code": ("stock_daily", put("code", "600XXX"), "600XXX"),
    "high below low": ("stock_daily", put("high", 0.01), "high"),
}


@pytest.mark.parametrize("fault", FAULTS)
def test_a_fault_in_a_table_stops_the_import_and_leaves_the_old_market(
    fault, sound_import, tmp_path
) -> None:
    aside = shutil.ignore_patterns(".panels")
    shutil.copytree(sound_import, tmp_path, dirs_exist_ok=True, ignore=aside)
    source, target = tmp_path / "source", tmp_path / "market"
    before = (target / "manifest.json").read_bytes()
    table, change, word = FAULTS[fault]
    spoil(source, table, change)
    refused(inside("import", source, target), table, word)
    assert (target / "manifest.json").read_bytes() == before
    assert inside("check", target).returncode == 0
    assert sorted(path.name for path in tmp_path.iterdir()) == ["market", "source"]


def test_a_missing_table_is_named(sound_import, tmp_path) -> None:
    source = shutil.copytree(sound_import / "source", tmp_path / "source")
    (source / "calendar.parquet").unlink()
    refused(inside("import", source, tmp_path / "market"), "calendar")
    assert not (tmp_path / "market").exists()


def test_a_contract_that_ends_before_its_roll_is_refused(sound_import, tmp_path) -> None:
    source = shutil.copytree(sound_import / "source", tmp_path / "source")

    def end_early(frame: pd.DataFrame) -> pd.DataFrame:
        late = pd.to_datetime(frame["date"]) >= pd.Timestamp("2015-01-05")
        return frame[~((frame["contract"] == "IF1501") & late)]

    spoil(source, "futures_daily", end_early)
    target = tmp_path / "market"
    assert inside("import", source, target).returncode == 0
    process = inside("run", NEUTRAL, "--market", target, *SMALL, "--out", tmp_path / "run")
    refused(process, "IF1501")
    assert not (tmp_path / "run").exists()


def test_a_kill_while_a_run_is_written_leaves_the_old_run(run_folder, tmp_path) -> None:
    out = Path(shutil.copytree(run_folder, tmp_path / "run"))
    arguments = ["run", NEUTRAL, "--market", SAMPLE, *SMALL, "--quiet", "--out", out]
    before = {path.name: path.read_bytes() for path in out.iterdir()}
    arguments.append("--again")
    command = [sys.executable, "-m", "quanthedge.cli", *map(str, arguments)]
    process = subprocess.Popen(command, cwd=ROOT, stdout=subprocess.DEVNULL)
    deadline, killed = time.monotonic() + 300, False
    while time.monotonic() < deadline and process.poll() is None and not killed:
        time.sleep(0.001)
        if any(path.is_dir() for path in (tmp_path / PLACE).glob("*")):
            process.kill()
            killed = True
    process.wait()
    assert killed
    assert {path.name: path.read_bytes() for path in out.iterdir()} == before
    assert inside(*arguments).returncode == 0
    assert sorted(path.name for path in tmp_path.iterdir()) == ["run"]


@pytest.mark.skipif(os.geteuid() != 0, reason="a small file system can only be mounted by root")
def test_a_full_disk_leaves_the_old_run(run_folder, tmp_path) -> None:
    disk = tmp_path / "disk"
    disk.mkdir()
    mounted = subprocess.run(
        ["mount", "-t", "tmpfs", "-o", "size=1m", "tmpfs", str(disk)],
        check=False, capture_output=True,
    )  # fmt: skip
    if mounted.returncode:
        pytest.skip("this machine does not allow mounting a small file system")
    try:
        out = disk / "run"
        arguments = ["run", NEUTRAL, "--market", SAMPLE, "--quiet", "--out", out]
        short = ["--set", "selector.n=30", "--start", "2015-07-01", "--end", "2015-07-10"]
        assert inside(*arguments, *short).returncode == 0
        before = {path.name: path.read_bytes() for path in out.iterdir()}
        left = shutil.disk_usage(disk).free
        (disk / "ballast").write_bytes(b"0" * (left - 40_000))  # less than another run takes
        refused(inside(*arguments, *SMALL, "--overwrite"), "disk is full")
        assert {path.name: path.read_bytes() for path in out.iterdir()} == before
    finally:
        subprocess.run(["umount", str(disk)], check=False)


def test_the_strategy_passes_the_audit_and_a_cheat_is_convicted(tmp_path) -> None:
    process = inside(
        "audit", NEUTRAL, "--market", SAMPLE, "--dates", 1, "--set", "selector.n=30",
        "--start", START, "--end", "2014-10-10",
    )  # fmt: skip
    assert process.returncode == 0, process.stderr
    assert "passed" in process.stdout
    cheat = tmp_path / "cheat.py"
    cheat.write_text("def tomorrow(market):\n    return market.panel('close')[0]\n")
    refused(inside("audit", f"{cheat}:tomorrow", "--market", SAMPLE), "one row for each")
    cheat.write_text(
        "import numpy as np\n"
        "def tomorrow(market):\n"
        "    return np.roll(market.panel('close'), -1, axis=0)\n"
    )
    process = inside("audit", f"{cheat}:tomorrow", "--market", SAMPLE, "--dates", 1)
    assert process.returncode == 1
    assert "failed" in process.stdout


def test_a_check_writes_its_page(tmp_path) -> None:
    process = inside("check", SAMPLE, "--html", tmp_path / "quality.html")
    assert process.returncode == 0, process.stderr
    assert "Coverage by month" in process.stdout
    assert "Data quality report" in (tmp_path / "quality.html").read_text(encoding="utf-8")


def test_a_market_of_two_sources_is_updated_from_outside(tmp_path) -> None:
    tables = {path.stem: path for path in SAMPLE.glob("*.parquet")}
    stocks, futures = tmp_path / "stocks", tmp_path / "futures"
    for folder in (stocks, futures):
        folder.mkdir()
    for name, path in tables.items():
        where = futures if name in ("futures_daily", "cash_rate", "industry") else stocks
        (where / path.name).write_bytes(path.read_bytes())
    target = tmp_path / "market"
    process = inside("import", stocks, target, "--with", f"{futures}=quanthedge")
    assert process.returncode == 0, process.stderr
    assert (target / "futures_daily.parquet").exists()
    process = inside("update", stocks, target, "--with", futures)
    assert process.returncode == 0, process.stderr
    assert "stock_daily: 0 rows added" in process.stdout
    bars = pd.read_parquet(stocks / "stock_daily.parquet")
    bars.loc[5, "volume"] += 100
    bars.to_parquet(stocks / "stock_daily.parquet", index=False)
    refused(inside("update", stocks, target), "changes what was known before", "volume")
    process = inside("update", stocks, target, "--accept-changes")
    assert process.returncode == 0, process.stderr
    assert "1 changed" in process.stdout


def test_a_run_without_a_table_that_it_needs_names_it(tmp_path) -> None:
    source = tmp_path / "source"
    source.mkdir()
    for path in SAMPLE.glob("*.parquet"):
        if path.stem != "futures_daily":
            (source / path.name).write_bytes(path.read_bytes())
    assert inside("import", source, tmp_path / "m").returncode == 0
    process = inside("run", NEUTRAL, "--market", tmp_path / "m", *SMALL)
    refused(process, "has no table futures_daily")
