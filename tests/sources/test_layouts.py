"""Layouts are found by entry points: ours, those of others, and those that are at fault."""

import re
import subprocess
import sys
import tomllib
import types
import warnings
from importlib.metadata import Distribution, EntryPoint
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.csv as csv
import pyarrow.parquet as pq
import pytest

from quanthedge.errors import DataError
from quanthedge.market import Market, write_dataset
from quanthedge.market.checks import Collector
from quanthedge.sources import Layout, SourceTables, import_market, layouts
from quanthedge.sources.layouts import layout_names
from tests.market.small_market import small_market

ROOT = Path(__file__).parents[2]
MARK = "acme.mark"


class Package(Distribution):
    """An installed package that exists in this test only."""

    def __init__(self, name: str, version: str = "1.0") -> None:
        self._about = {"Name": name, "Version": version}

    metadata = property(lambda self: self._about)
    name = property(lambda self: self._about["Name"])
    version = property(lambda self: self._about["Version"])

    def read_text(self, filename):
        return None

    def locate_file(self, path):
        return Path(path)


class Points:
    """Entry points in place of those of the environment."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self.made: list[EntryPoint] = []
        self.monkeypatch = monkeypatch
        monkeypatch.setattr(layouts, "entry_points", self.found)

    def found(self, *, group: str) -> list[EntryPoint]:
        return [point for point in self.made if point.group == group]

    def add(self, name: str, thing: object, package: str = "acme-data", attr: str = "LAYOUT"):
        """Declare a layout in a module that exists in memory only."""
        module = types.ModuleType(f"{package.replace('-', '_')}_{len(self.made)}")
        module.LAYOUT = thing
        self.monkeypatch.setitem(sys.modules, module.__name__, module)
        self.say(name, f"{module.__name__}:{attr}", package)

    def say(self, name: str, value: str, package: str = "acme-data") -> None:
        point = EntryPoint(name, value, "quanthedge.sources")
        self.made.append(point._for(Package(package)))


@pytest.fixture
def points(monkeypatch: pytest.MonkeyPatch) -> Points:
    return Points(monkeypatch)


@pytest.fixture
def source(tmp_path: Path) -> Path:
    """A folder as no layout of ours has it: tables as CSV, marked by a file."""
    folder = tmp_path / "acme"
    folder.mkdir()
    for name, table in small_market().items():
        csv.write_csv(table, folder / f"{name}.acme")
    (folder / MARK).touch()
    return folder


def recognise(source: Path) -> bool:
    return (source / MARK).is_file()


def read(source: Path, collector: Collector) -> SourceTables:
    tables = small_market()
    bars = tables.pop("stock_daily")
    collector.add("info", "stock_daily", "acme", 0, "was read by the package of others")
    return SourceTables(tables, iter([bars.slice(0, 100), bars.slice(100)]), bars.num_rows)


ACME = Layout("files of Acme (*.acme)", recognise, read)


def test_pyproject_declares_the_layouts_that_the_code_has() -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    declared = project["entry-points"][layouts.GROUP]
    assert declared == layouts.OWN
    assert list(declared) == list(layouts.OWN)  # the order in which they are tried


def test_every_layout_of_ours_can_be_loaded_and_says_what_it_reads() -> None:
    for name in layouts.OWN:
        found = layouts.chosen_layout(Path(), name)
        assert isinstance(found, Layout)
        assert len(found.meaning) > 20


def test_metadata_older_than_the_code_hides_none_of_our_layouts(points, tmp_path) -> None:
    points.say("tushare", "quanthedge.sources.tushare.layout:GONE", "quanthedge")
    assert layout_names() == list(layouts.OWN)
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        for name, table in small_market().items():
            pq.write_table(table, tmp_path / f"{name}.parquet")
        assert layouts.chosen_layout(tmp_path).meaning == layouts._own("quanthedge").meaning


@pytest.mark.parametrize("asked", ["auto", "acme"])
def test_a_market_is_imported_by_the_layout_of_a_package_of_others(
    points, source, tmp_path, asked
) -> None:
    points.add("acme", ACME)
    assert layout_names() == [*layouts.OWN, "acme"]
    write_dataset(tmp_path / "direct", small_market(), name="small", source="random")
    report = import_market(source, tmp_path / "m", layout=asked)
    assert report.ok
    assert "was read by the package of others" in report.to_text()
    direct = Market.open(tmp_path / "direct").fingerprint
    assert Market.open(tmp_path / "m").fingerprint == direct


def test_a_source_of_nobody_names_the_layouts_of_others_too(points, tmp_path) -> None:
    points.add("acme", ACME)
    (tmp_path / "s").mkdir()
    with pytest.raises(DataError, match=r"acme: files of Acme \(\*\.acme\)"):
        import_market(tmp_path / "s", tmp_path / "m")
    with pytest.raises(DataError, match=r"no layout 'acne'; there are auto, .*wtpy, acme"):
        import_market(tmp_path / "s", tmp_path / "m", layout="acne")


def _raising(*_: object) -> bool:
    raise KeyError("the first\ncolumn")


def test_what_two_layouts_recognise_has_to_be_named(points, source, tmp_path) -> None:
    points.add("acme", ACME)
    points.add("other", ACME, "other-data")
    with pytest.raises(DataError, match="recognised as acme and as other; say which"):
        import_market(source, tmp_path / "m")
    assert import_market(source, tmp_path / "m", layout="other").ok


def test_a_layout_of_others_does_not_take_what_is_ours(points, tmp_path) -> None:
    points.add("greedy", Layout("everything there is", lambda source: True, read))
    for name, table in small_market().items():
        pq.write_table(table, tmp_path / f"{name}.parquet")
    with pytest.raises(DataError, match="recognised as quanthedge and as greedy"):
        layouts.chosen_layout(tmp_path)


BROKEN = {
    "no module": ("nowhere_at_all:LAYOUT", "cannot be loaded (ModuleNotFoundError"),
    "no object": ("json:LAYOUT", "cannot be loaded (AttributeError"),
    "another object": ("json:dumps", "is a function; accepted: a quanthedge.sources.Layout"),
}


@pytest.mark.parametrize("fault", BROKEN)
def test_a_broken_entry_point_is_one_line_and_stops_no_other(
    points, source, tmp_path, fault
) -> None:
    value, line = BROKEN[fault]
    points.say("broken", value, "broken-data")
    points.add("acme", ACME)
    with pytest.warns(UserWarning, match="layout 'broken' of broken-data 1.0") as told:
        assert import_market(source, tmp_path / "m").ok
    texts = [str(one.message) for one in told]
    assert len(texts) == 1
    assert line in texts[0]
    assert "\n" not in texts[0]
    with pytest.raises(DataError, match=r"layout 'broken' of broken-data 1\.0"):
        import_market(source, tmp_path / "n", layout="broken")


def test_a_package_that_fails_while_it_is_imported_is_one_line(
    points, source, tmp_path, monkeypatch
) -> None:
    (tmp_path / "failing_acme.py").write_text("raise RuntimeError('two\\nlines')\n")
    monkeypatch.syspath_prepend(tmp_path)
    points.say("failing", "failing_acme:LAYOUT")
    points.add("acme", ACME)
    with pytest.warns(UserWarning, match=r"cannot be loaded \(RuntimeError: two lines\)"):
        assert import_market(source, tmp_path / "m").ok


def test_a_package_that_ends_the_process_while_it_is_imported_does_not(
    points, source, tmp_path, monkeypatch
) -> None:
    (tmp_path / "leaving_acme.py").write_text("import sys\nsys.exit(0)\n")
    monkeypatch.syspath_prepend(tmp_path)
    points.say("leaving", "leaving_acme:LAYOUT")
    points.add("acme", ACME)
    with pytest.warns(UserWarning, match=r"cannot be loaded \(SystemExit: 0\)"):
        assert import_market(source, tmp_path / "m").ok


def _dist_info(folder: Path, name: str, entries: bytes) -> None:
    made = folder / f"{name}-2.1.dist-info"
    made.mkdir(parents=True)
    text = f"Metadata-Version: 2.1\nName: {name}\nVersion: 2.1\n"
    (made / "METADATA").write_text(text, encoding="utf-8")
    (made / "entry_points.txt").write_bytes(entries)


@pytest.mark.parametrize("entries", [b"[quanthedge.sources]\nacme\n", b"[x]\na = \xff\xfe:b\n"])
def test_damaged_metadata_of_one_package_hides_no_other(
    source, tmp_path, monkeypatch, entries
) -> None:
    site = tmp_path / "site"
    _dist_info(site, "damaged-data", entries)
    _dist_info(site, "acme-data", b"[quanthedge.sources]\nacme = acme_on_disk:LAYOUT\n")
    (site / "acme_on_disk.py").write_text("from tests.sources.test_layouts import ACME as LAYOUT\n")
    monkeypatch.syspath_prepend(site)
    with pytest.warns(UserWarning, match=r"entry points of damaged-data 2\.1 cannot be read"):
        assert import_market(source, tmp_path / "m").ok
    assert import_market(source, tmp_path / "n", layout="acme").ok


def test_clashing_names_are_told_and_neither_is_used(points, source, tmp_path) -> None:
    points.add("twice", ACME, "one-data")
    points.add("twice", ACME, "two-data")
    points.add("qlib", ACME, "three-data")
    points.add("auto", ACME, "four-data")
    points.add("a b=c", ACME, "five-data")
    points.add("acme", ACME)
    assert layout_names() == [*layouts.OWN, "acme"]
    with pytest.warns(UserWarning, match="layout") as told:
        assert import_market(source, tmp_path / "m").ok
    lines = sorted(str(one.message) for one in told)
    assert len(lines) == 4
    assert lines[0].startswith("layout 'a b=c' of five-data 1.0 is left out: accepted in a name")
    assert lines[1].startswith("layout 'auto' of four-data 1.0 is left out: QuantHedge itself has")
    assert lines[2].startswith("layout 'qlib' of three-data 1.0 is left out: QuantHedge itself has")
    assert lines[3].startswith("layout 'twice' is declared by one-data 1.0 and two-data 1.0: none")
    with pytest.raises(DataError, match="none of them is used"):
        import_market(source, tmp_path / "n", layout="twice")


def test_one_package_found_twice_is_no_clash(points) -> None:
    points.add("acme", ACME)
    points.made.append(points.made[0])
    assert layout_names()[-1] == "acme"


def _gives(thing: object) -> Layout:
    return Layout("gives what it should not", recognise, lambda *_: thing)


def _failing_bars():
    yield small_market()["stock_daily"].slice(0, 50)
    raise ZeroDivisionError("in the middle")


def _with(**more: object) -> SourceTables:
    tables = small_market()
    bars = tables.pop("stock_daily")
    wanted = {"tables": tables, "bars": [bars], "rows": bars.num_rows} | more
    return SourceTables(**wanted)


WRONG = {
    "read raises": (Layout("raises", recognise, _raising), "fails to read .*KeyError: 'the first"),
    "no tables": (_gives({"stocks": 1}), "read gave a dict; accepted: a quanthedge.sources.Sour"),
    "unknown table": (_gives(_with(tables={"x": pa.table({})})), "gave a table 'x'; accepted: cal"),
    "bars as table": (_gives(_with(tables={"stock_daily": pa.table({})})), "gave a table 'stock_d"),
    "no arrow": (_gives(_with(tables={"stocks": [1]})), "gave stocks as a list; accepted: a pyarr"),
    "bars raise": (_gives(_with(bars=_failing_bars())), "fails to read the bars .ZeroDivisionErr"),
    "no arrow bars": (_gives(_with(bars=[[1]])), "gave stock_daily as a list"),
}


@pytest.mark.parametrize("fault", WRONG)
def test_what_a_layout_of_others_does_wrong_is_one_line_with_its_package(
    points, source, tmp_path, fault
) -> None:
    layout, line = WRONG[fault]
    points.add("acme", layout)
    with pytest.raises(DataError, match=f"^layout 'acme' of acme-data 1.0: {line}") as problem:
        import_market(source, tmp_path / "m")
    assert "\n" not in str(problem.value)
    assert not (tmp_path / "m" / "manifest.json").exists()


def test_what_fails_to_recognise_is_left_out_and_named(points, source, tmp_path) -> None:
    points.add("failing", Layout("fails", _raising, read), "failing-data")
    points.add("acme", ACME)
    with pytest.warns(UserWarning, match="'failing' of failing-data 1.0: fails to recognise"):
        assert import_market(source, tmp_path / "m").ok


def _blocks(language: str) -> list[str]:
    text = (ROOT / "docs" / "importing.md").read_text(encoding="utf-8")
    return re.findall(rf"```{language}\n(.*?)```", text, re.DOTALL)


def test_the_example_of_the_documentation_works(points, tmp_path, monkeypatch) -> None:
    toml = next(block for block in _blocks("toml") if "entry-points" in block)
    (code,) = _blocks("python")
    ((group, declared),) = tomllib.loads(toml)["project"]["entry-points"].items()
    assert group == layouts.GROUP
    (tmp_path / "acme_layout.py").write_text(code, encoding="utf-8")
    monkeypatch.syspath_prepend(tmp_path)
    for name, value in declared.items():
        points.say(name, value)
    bars = small_market()["stock_daily"]
    given = ["total_shares", "float_shares", "is_st", "is_delisting"]
    (tmp_path / "source").mkdir()
    pq.write_table(bars.drop_columns(given), tmp_path / "source" / "acme_bars.parquet")
    report = import_market(tmp_path / "source", tmp_path / "m")
    assert any("no stock counts as either" in finding.text for finding in report.warnings)
    market = Market.open(tmp_path / "m")
    assert np.isfinite(market.panel("close")).sum() == bars.num_rows


def test_the_market_imports_no_layout() -> None:
    code = (
        "import sys, quanthedge.market as m, quanthedge.sources; "
        "print(*[n for n in sys.modules if n.startswith('quanthedge.sources.')])"
    )
    run = subprocess.run([sys.executable, "-c", code], check=True, capture_output=True, text=True)
    own = {target.partition(":")[0] for target in layouts.OWN.values()}
    assert "quanthedge.sources.layouts" in run.stdout.split()
    assert not own & set(run.stdout.split())
