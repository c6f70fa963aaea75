"""The page is self-contained, speaks one language, and prints what the ledger says."""

import base64
import gzip
import json
import re
import subprocess
import time
from dataclasses import replace
from html.parser import HTMLParser
from pathlib import Path

import numpy as np
import pytest

from quanthedge.errors import DataError
from quanthedge.performance import attribution
from quanthedge.report import html as report_html
from quanthedge.report import unit_value_figure, write_html
from quanthedge.report.texts import words
from tests.sample import sample_result

LANGUAGES = ["en", "zh"]


class Page(HTMLParser):
    """Visible text, scripts by id, and every address that the page would load."""

    def __init__(self) -> None:
        super().__init__()
        self.text: list[str] = []
        self.scripts: dict[str, str] = {}
        self.loads: list[str] = []
        self._inside: str | None = None
        self._script = ""

    def handle_starttag(self, tag: str, attributes: list[tuple[str, str | None]]) -> None:
        given = dict(attributes)
        self.loads += [str(given[k]) for k in ("src", "href", "data", "action") if k in given]
        if tag in {"script", "style"}:
            self._inside = tag
            self._script = str(given.get("id", ""))

    def handle_endtag(self, tag: str) -> None:
        if tag == self._inside:
            self._inside = None

    def handle_data(self, data: str) -> None:
        if self._inside == "script":
            self.scripts[self._script] = self.scripts.get(self._script, "") + data
        elif self._inside is None and data.strip():
            self.text.append(data.strip())


@pytest.fixture(scope="module", params=LANGUAGES)
def page(request, tmp_path_factory) -> tuple[str, Page, Path]:
    path = tmp_path_factory.mktemp("report") / f"report_{request.param}.html"
    write_html(sample_result(), path, language=request.param)
    parsed = Page()
    parsed.feed(path.read_text(encoding="utf-8"))
    return request.param, parsed, path


def keys(catalogue: dict, prefix: str = "") -> set[str]:
    found = set()
    for key, value in catalogue.items():
        found |= keys(value, f"{prefix}{key}.") if isinstance(value, dict) else {prefix + key}
    return found


def test_both_catalogues_have_the_same_keys() -> None:
    assert keys(words("en")) == keys(words("zh"))
    assert len(words("en")["warnings"]) == len(words("zh")["warnings"])


def test_the_page_loads_nothing_from_elsewhere(page) -> None:
    _, parsed, _ = page
    assert parsed.loads == []
    css = re.findall(
        r"url\([^)]*\)|@import", page[2].read_text(encoding="utf-8").split("</style>")[0]
    )
    assert css == []


def test_the_figures_library_unpacks_to_plotly(page) -> None:
    code = gzip.decompress(base64.b64decode(page[1].scripts["library"])).decode("utf-8")
    assert "Plotly" in code[:5000] or "plotly" in code[:5000]


def test_the_chinese_page_has_no_english_and_the_english_no_chinese(page) -> None:
    language, parsed, _ = page
    text = " ".join(parsed.text)
    if language == "en":
        assert not re.findall(r"[\u4e00-\u9fff]+", text)
        return
    # Codes, contracts, versions, and the strategy's keys as its file spells them are no words.
    shown = text.split(words("zh")["headings"]["strategy"])[0]
    shown = re.sub(r"[0-9]{6}\.(SH|SZ)|\b(IF|IC|IH|IM)[0-9]*\b", "", shown)
    shown = re.sub(
        r"(?:stock|fut)_[a-z_]+|transfer_fee_broker_part|\bSSE\b|\bipo\b|\bmain\b", "", shown
    )
    left = set(re.findall(r"[A-Za-z]{2,}", shown))
    assert left <= {"min"}, left  # the function in a formula


def test_every_figure_has_data_and_says_how_it_was_computed(page) -> None:
    language, parsed, path = page
    source = path.read_text(encoding="utf-8")
    names = re.findall(r'id="figure-([a-z_]+)"', source)
    assert len(names) == len(set(names)) == 7
    for name in names:
        data = json.loads(parsed.scripts[f"data-{name}"])
        assert data["data"], name
    assert source.count(words(language)["how"]) >= len(names)


def test_printed_figures_are_those_of_the_ledger(page) -> None:
    _, parsed, _ = page
    result = sample_result()
    assert f"{result.ledger['unit_value'].iloc[-1]:.4f}" in parsed.text
    row = attribution(result.ledger).iloc[0]
    assert f"{row['equity_change']:,.0f}" in parsed.text
    assert f"{row['futures_pnl']:,.0f}" in parsed.text
    drawn = json.loads(parsed.scripts["data-unit_value"])["data"][0]["y"]
    np.testing.assert_allclose(drawn, result.ledger["unit_value"].to_numpy(), atol=5e-5)


def test_text_of_the_user_cannot_become_markup(tmp_path) -> None:
    result = sample_result()
    evil = "<script>alert(1)</script> & </title>"
    changed = replace(result, strategy={**result.strategy, "name": evil, "name_zh": ""})
    path = write_html(changed, tmp_path / "evil.html", language="en")
    assert "<script>alert" not in path.read_text(encoding="utf-8")


def test_a_report_is_small_and_quick(tmp_path) -> None:
    begin = time.perf_counter()
    path = write_html(sample_result(), tmp_path / "r.html", language="zh")
    assert time.perf_counter() - begin < 10
    assert path.stat().st_size < 3_000_000


def test_a_failure_leaves_the_old_report(tmp_path, monkeypatch) -> None:
    path = write_html(sample_result(), tmp_path / "r.html", language="en")
    before = path.read_bytes()

    def full(*_: object, **__: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(report_html.os, "fdopen", full)
    with pytest.raises(DataError, match="could not be written"):
        write_html(sample_result(), path, language="en")
    assert path.read_bytes() == before
    assert [p.name for p in tmp_path.iterdir()] == ["r.html"]


def test_the_figure_of_a_result_shows_net_gross_index_and_mark() -> None:
    figure = unit_value_figure(sample_result().ledger)
    assert [trace.name for trace in figure.data] == [
        "Net of all fees", "Before fund fees", "Index", "High-water mark",
    ]  # fmt: skip


def test_the_page_draws_its_figures_in_a_browser(page, tmp_path) -> None:
    browser = next((p for p in ("/usr/bin/chromium",) if Path(p).exists()), None)
    if browser is None:
        pytest.skip("no Chromium on this machine (Debian package chromium)")
    output = subprocess.run(
        [
            browser, "--headless", "--no-sandbox", "--disable-gpu", "--disable-quic",
            "--no-first-run", "--disable-background-networking",
            "--disable-component-update", "--disable-sync",
            f"--user-data-dir={tmp_path}", "--virtual-time-budget=15000", "--dump-dom",
            page[2].as_uri(),
        ],
        check=True, capture_output=True, text=True, timeout=180,
    ).stdout  # fmt: skip
    assert output.count('class="main-svg"') >= 7
