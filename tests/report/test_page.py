"""The page is self-contained, speaks one language, and prints what the ledger says."""

import base64
import gzip
import hashlib
import io
import json
import re
import shutil
import subprocess
import time
from html.parser import HTMLParser
from pathlib import Path
from types import SimpleNamespace

import pandas as pd
import pytest
from fontTools.ttLib import TTFont

from quanthedge.errors import DataError
from quanthedge.report.document import build_document
from quanthedge.report.html import write_html
from quanthedge.report.numbers import render_numbers
from quanthedge.report.texts import words
from quanthedge.storage import folders as storage
from tests.performance.random_run import random_run
from tests.records import MARKET, plain_strategy
from tests.sample import sample_result

LANGUAGES = ["en", "zh"]
CHAPTERS = [
    "performance", "monthly", "drawdown", "tails", "neutrality", "hedge", "margin", "bridge",
    "attribution", "costs", "fees", "investors", "comparison", "holdings", "refusals", "windows",
    "limits", "questions", "notes", "timeline", "strategy", "warnings", "definitions", "rules",
]  # fmt: skip
VOID = {"meta", "br", "link", "img", "hr", "input"}
FRAME = """<body style="margin:0"><iframe id="page" src="{address}"
style="border:0;width:{width}px;height:3000px"></iframe><pre id="told"></pre><script>
const page = document.getElementById("page");
page.onload = () => setTimeout(() => {{
  const inside = page.contentDocument, wider = [];
  for (const one of inside.querySelectorAll("body *")) {{
    const own = one.closest(".plot") ? one.matches(".plot, svg.main-svg") : !one.closest(".scroll");
    if (own && one.getBoundingClientRect().right > {width} + 1) wider.push(one.tagName);
  }}
  if (inside.documentElement.scrollWidth > {width}) wider.push("the page");
  const drawn = inside.documentElement.dataset.figuresDrawn;
  const told = wider.join(" ") || "none";
  document.getElementById("told").textContent = `${{drawn}} drawn, wider: ${{told}}`;
}}, 9000);
</script>"""
CHINESE = re.compile(r"[\u3000-\u9fff\uff00-\uffef]+")


class Page(HTMLParser):
    """Visible text, ids, scripts by id, open elements, and addresses that would be loaded."""

    def __init__(self, source: str) -> None:
        super().__init__()
        self.text: list[str] = []
        self.ids: list[str] = []
        self.scripts: dict[str, str] = {}
        self.loads: list[str] = []
        self.open: list[str] = []
        self._script = ""
        self.feed(source)

    def handle_starttag(self, tag: str, attributes: list[tuple[str, str | None]]) -> None:
        given = dict(attributes)
        self.ids += [str(given["id"])] if "id" in given else []
        self.loads += [str(given[k]) for k in ("src", "href", "data", "action") if k in given]
        self._script = str(given.get("id", ""))
        if tag not in VOID:
            self.open.append(tag)

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag

    def handle_data(self, data: str) -> None:
        inside = self.open[-1] if self.open else ""
        if inside == "script":
            self.scripts[self._script] = self.scripts.get(self._script, "") + data
        elif inside not in {"style", "pre"} and data.strip():
            self.text.append(data.strip())


def written(run: object, path: Path, language: str) -> Page:
    write_html(run, path, language=language)
    return Page(path.read_text(encoding="utf-8"))


@pytest.fixture(scope="module", params=LANGUAGES)
def page(request, tmp_path_factory) -> SimpleNamespace:
    path = tmp_path_factory.mktemp("report") / f"report_{request.param}.html"
    parsed = written(sample_result(), path, request.param)
    return SimpleNamespace(language=request.param, parsed=parsed, path=path)


def unpacked(page: Page, name: str) -> str:
    return gzip.decompress(base64.b64decode(page.scripts[name])).decode("utf-8")


def drawn(page: Page) -> dict:
    return json.loads(unpacked(page, "figures"))


def keys(catalogue: dict, prefix: str = "") -> set[str]:
    found = set()
    for key, value in catalogue.items():
        found |= keys(value, f"{prefix}{key}.") if isinstance(value, dict) else {prefix + key}
    return found


def texts(catalogue: dict) -> list[str]:
    found: list[str] = []
    for value in catalogue.values():
        found += (
            texts(value)
            if isinstance(value, dict)
            else (value if isinstance(value, list) else [value])
        )
    return found


def test_both_catalogues_have_the_same_keys_and_the_same_places_to_fill() -> None:
    en, zh = words("en"), words("zh")
    assert keys(en) == keys(zh)
    places = [sorted(re.findall(r"{\w+", " ".join(texts(c)))) for c in (en, zh)]
    assert places[0] == places[1]
    assert not any(CHINESE.search(text) for text in texts(en))


def test_the_page_has_every_chapter_and_every_id_once(page) -> None:
    ids = page.parsed.ids
    assert [name for name in ids if name in CHAPTERS] == CHAPTERS
    assert len(ids) == len(set(ids))
    assert page.parsed.open == []


def test_the_page_loads_nothing_from_elsewhere(page) -> None:
    assert all(link.startswith("#") for link in page.parsed.loads)
    assert all(link[1:] in page.parsed.ids for link in page.parsed.loads)
    head = page.path.read_text(encoding="utf-8").split("</style>")[0]
    addresses = re.findall(r"url\(([^)]*)\)", head)
    assert len(addresses) in (2, 3)  # regular, bold, and what the bold lacks
    assert all(address.startswith('"data:font/otf;base64,') for address in addresses)
    assert "@import" not in head


def test_the_page_brings_a_glyph_for_every_character_it_shows(page) -> None:
    source = page.path.read_text(encoding="utf-8")
    faces = re.findall(r"font/otf;base64,([^\"]+)", source)
    plotted = gzip.decompress(base64.b64decode(page.parsed.scripts["figures"])).decode("utf-8")
    shown = {ord(c) for c in "".join(page.parsed.text) + plotted if not c.isspace()}
    glyphs = [set(TTFont(io.BytesIO(base64.b64decode(face))).getBestCmap()) for face in faces]
    assert not {chr(code) for code in shown - glyphs[0]}
    assert not {chr(code) for code in shown - set.union(*glyphs[1:])}


def test_the_browser_is_told_to_refuse_every_address(page) -> None:
    policy = re.search(
        r'http-equiv="Content-Security-Policy" content="([^"]*)"',
        page.path.read_text(encoding="utf-8"),
    )
    assert policy
    rules = dict(rule.strip().split(" ", 1) for rule in policy[1].split(";"))
    assert rules["default-src"] == "'none'"
    assert rules["base-uri"] == rules["form-action"] == "'none'"
    allowed = set(" ".join(rules.values()).split())
    assert allowed <= {"'none'", "'unsafe-inline'", "data:", "blob:"}


def test_the_figures_library_unpacks_to_plotly(page) -> None:
    assert "plotly.js" in unpacked(page.parsed, "library")[:200]


def test_the_chinese_page_has_no_english_and_the_english_no_chinese(page) -> None:
    shown = " ".join(page.parsed.text)
    if page.language == "en":
        # The whole source: the strategy in full and the data of the figures too.
        source = page.path.read_text(encoding="utf-8") + unpacked(page.parsed, "figures")
        assert not CHINESE.findall(source)
        return
    run = sample_result()
    # Names of the user's data, of rules and of software are codes, not words.
    digests = re.findall(r"\b[0-9a-f]{64}\b", shown)
    for value in [run.market_info["name"], *digests, *run.versions]:
        shown = shown.replace(str(value), "")
    shown = re.sub(r"\d{6}\.(SH|SZ)|\b(IF|IC|IH|IM)\d*\b", "", shown)
    sources = next(one for one in build_document(run, "zh").chapters if one.id == "rules")
    names = " ".join(  # of sites, in the list of sources
        cell.text
        for block in sources.blocks
        if getattr(block, "id", "") == "table-sources"
        for row in block.rows
        for cell in row
    )
    left = set(re.findall(r"[A-Za-z]{2,}", shown)) - set(re.findall(r"[A-Za-z]{2,}", names))
    assert left <= {"min", "Bootstrap"}, left  # a function in a formula, a method by its name


def test_every_figure_and_table_has_a_note_and_data(page) -> None:
    source = page.path.read_text(encoding="utf-8")
    figures = drawn(page.parsed)
    named = [name for name in page.parsed.ids if name.startswith("figure-") and name in figures]
    assert sorted(named) == sorted(figures)
    assert len(figures) >= 15
    assert all(spec["data"] for spec in figures.values())
    blocks = [name for name in page.parsed.ids if name.startswith(("figure-", "table-"))]
    blocks.remove("figure-trouble")
    assert source.count(f"<b>{words(page.language)['note']}</b>") == len(blocks)
    assert not re.search(r"<b>[^<]*</b>\s*</", source)


def test_printed_figures_are_those_of_the_ledger(page) -> None:
    result, text = sample_result(), page.parsed.text
    row = result.bridge().iloc[0]
    assert f"{result.ledger['unit_value'].iloc[-1]:.4f}" in text
    for line in ("equity_change", "alpha", "basis", "management_fee"):
        assert f"{row[line]:,.0f}" in text
    summary = result.summary()
    for key in ("annual_return_net", "max_drawdown_net", "drawdown_trough", "beta_daily"):
        assert any(summary[key].text(page.language) in part for part in text), key
    figures = drawn(page.parsed)
    net = figures["figure-unit-value"]["data"][-1]
    assert net["y"] == result.ledger["unit_value"].round(4).tolist()
    assert net["x"][0] == f"{result.ledger.index[0]:%Y-%m-%d}"
    bars = figures["figure-contributions"]["data"][0]["x"]
    assert sum(bars[:-1]) == pytest.approx(bars[-1], abs=1e-5)
    assert bars[-1] == pytest.approx(summary.value("return_net"), abs=1e-5)


@pytest.mark.parametrize("language", LANGUAGES)
def test_text_of_the_user_cannot_become_markup(tmp_path, language) -> None:
    evil = "</script><script>alert(1)</script> & </title> \u2028"
    run = random_run(
        30,
        strategy=plain_strategy(
            name=evil, name_zh=evil, description=evil, description_zh=evil, benchmark=evil
        ),
        market_info=dict.fromkeys(MARKET, evil),
        timeline={"en": evil, "zh": evil},
        notes=[{"kind": evil, "en": evil, "zh": evil}],
        versions={evil: evil},
    )
    run.positions["code"] = evil
    run.ledger["contract"] = pd.array([evil] * len(run.ledger), dtype="str")
    parsed = written(run, tmp_path / "evil.html", language)
    source = (tmp_path / "evil.html").read_text(encoding="utf-8")
    assert "<script>alert" not in source
    assert source.count("</script>") == 4
    assert any("alert(1)" in part for part in parsed.text)


@pytest.mark.parametrize(
    ("days", "language"), [(1, "en"), (1, "zh"), (3, "en"), (25, "zh"), (300, "en")]
)
def test_a_run_of_any_length_has_a_report(tmp_path, days, language) -> None:
    run = random_run(days)
    parsed = written(run, tmp_path / "r.html", language)
    assert "nan" not in " ".join(parsed.text).lower().split()
    assert drawn(parsed)


@pytest.mark.parametrize("language", LANGUAGES)
def test_an_idle_fund_without_index_or_orders_has_a_report(tmp_path, language) -> None:
    run = random_run(25)
    first = run.ledger.iloc[[0] * 26].set_axis(run.ledger.index)
    run = random_run(
        25,
        ledger=first.assign(index_close=float("nan")),
        refusals=run.refusals.iloc[:0],
        positions=run.positions.iloc[:0],
        trades=run.trades.iloc[:0],
        notes=[],
    )
    parsed = written(run, tmp_path / "idle.html", language)
    for key in ("notes", "holdings", "refusals"):
        assert words(language)["empty"][key] in parsed.text


def test_the_accrued_fee_and_a_short_span_are_said_on_the_cover(tmp_path) -> None:
    shown = written(random_run(30), tmp_path / "r.html", "en").text
    told = "120,000 yuan of it had not yet been crystallised"
    said = next(part for part in shown if told in part)
    before = random_run(30).ledger["unit_value_before_accrual"].iloc[-1]
    assert said.endswith(f"before which the NAV per unit was {before:.4f}.")
    assert words("en")["verdict"]["short"] in shown


def test_ten_years_stay_small_and_take_below_five_seconds(tmp_path) -> None:
    run = random_run(2430)
    begin = time.process_time()
    path = write_html(run, tmp_path / "r.html", language="zh")
    assert time.process_time() - begin < 5.0
    assert path.stat().st_size < 3_100_000  # the limit is 5 MB; a real fund has more rows


def test_every_reason_of_the_ledger_is_explained() -> None:
    reasons = set(sample_result().refusals["reason"].cat.categories)
    for language in ("en", "zh"):
        assert set(words(language)["reasons"]) == reasons


def test_the_page_names_the_digest_of_the_parameters_in_the_numbers(page) -> None:
    numbers = json.loads(
        render_numbers(build_document(sample_result(), page.language), sample_result())
    )
    assert numbers["strategy"] == sample_result().strategy.model_dump(mode="json")
    text = json.dumps(numbers["strategy"], ensure_ascii=False, sort_keys=True)
    assert hashlib.sha256(text.encode("utf-8")).hexdigest() in page.path.read_text(encoding="utf-8")


def test_the_same_run_gives_the_same_page(page, tmp_path) -> None:
    again = write_html(sample_result(), tmp_path / "again.html", language=page.language)
    assert again.read_bytes() == page.path.read_bytes()


def test_a_failure_leaves_the_old_report_and_nothing_else(tmp_path, monkeypatch) -> None:
    run = random_run(5)
    path = write_html(run, tmp_path / "r.html", language="en")
    before = path.read_bytes()

    def full(*_: object, **__: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(storage.os, "fsync", full)
    with pytest.raises(DataError, match="could not be written"):
        write_html(run, path, language="en")
    assert path.read_bytes() == before
    assert [p.name for p in tmp_path.iterdir()] == ["r.html"]


def test_bad_requests_are_refused_in_words(tmp_path) -> None:
    run = random_run(5)
    with pytest.raises(DataError, match="accepted: zh, en"):
        write_html(run, tmp_path / "r.html", language="fr")
    with pytest.raises(DataError, match="no trading day"):
        write_html(random_run(5, ledger=run.ledger.iloc[:1]), tmp_path / "r.html")
    with pytest.raises(DataError, match="could not be written"):
        write_html(run, tmp_path)
    assert list(tmp_path.iterdir()) == []


def seen_in_browser(address: str, profile: Path, *more: str) -> str:
    """The document as Chromium has it after scripts have run."""
    browser = shutil.which("chromium")
    if browser is None:
        pytest.skip("no Chromium on this machine (Debian package chromium)")
    return subprocess.run(
        [
            browser, "--headless", "--no-sandbox", "--disable-gpu", "--disable-quic",
            "--no-first-run", "--disable-background-networking",
            "--disable-component-update", "--disable-sync", *more,
            f"--user-data-dir={profile}", "--virtual-time-budget=15000", "--dump-dom", address,
        ],
        check=True, capture_output=True, text=True, timeout=180,
    ).stdout  # fmt: skip


def test_the_page_draws_its_figures_in_a_browser(page, tmp_path) -> None:
    shown = seen_in_browser(page.path.as_uri(), tmp_path)
    assert f'data-figures-drawn="{len(drawn(page.parsed))}"' in shown
    assert words(page.language)["broken_figure"] not in Page(shown.split("<script", 1)[0]).text


@pytest.mark.parametrize("width", [360, 1280])
def test_nothing_is_wider_than_a_phone_or_a_desk(page, width: int, tmp_path) -> None:
    """A frame of that width holds the page: what is not in a scrolling table must fit."""
    frame = tmp_path / "frame.html"
    frame.write_text(FRAME.format(address=page.path.as_uri(), width=width), encoding="utf-8")
    shown = seen_in_browser(
        frame.as_uri(),
        tmp_path / "profile",
        "--allow-file-access-from-files",
        "--window-size=1400,3000",
    )
    found = re.search(r'<pre id="told">(\d+) drawn, wider: (.*?)</pre>', shown, re.S)
    assert found, shown[:500]
    assert int(found[1]) == len(drawn(page.parsed))
    assert found[2] == "none"


def test_the_cover_says_whether_the_link_to_the_index_is_significant(tmp_path) -> None:
    run = random_run(260)
    market = run.ledger["index_close"].pct_change().fillna(0.0)
    tied = run.ledger.assign(equity=1e8 * (1.0 + 0.3 * market).cumprod())
    linked = random_run(260, ledger=tied)
    for shown, word in ((run, "includes zero"), (linked, "excludes zero")):
        text = written(shown, tmp_path / "r.html", "en").text
        found = [part for part in text if part.startswith("The correlation of ")]
        assert [part.split()[3] for part in found] == ["weekly", "daily"]
        for part in found:
            low, high = (float(v) for v in re.findall(r"interval (\S+) to (\S+),", part)[0])
            assert (low <= 0.0 <= high) == ("includes zero" in part)
        assert word in found[0]
