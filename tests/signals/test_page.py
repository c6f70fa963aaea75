"""The page of own signals runs as it stands, and so does what the README says of them."""

import re

import pytest

from tests.sample import ROOT

PAGE = ROOT / "docs" / "own_signals.md"


@pytest.mark.slow
def test_every_block_of_the_page_runs_in_its_order(monkeypatch):
    monkeypatch.chdir(ROOT)
    blocks = re.findall(r"```python\n(.*?)```", PAGE.read_text("utf-8"), re.DOTALL)
    space: dict[str, object] = {"__name__": "page"}
    for block in blocks:
        exec(compile(block, "own_signals.md", "exec"), space)
    assert len(blocks) == 3
    readme = (ROOT / "README.md").read_text("utf-8").partition("## Your own signal\n")[2]
    exec(compile(re.findall(r"```python\n(.*?)```", readme, re.DOTALL)[0], "README", "exec"), {})
    assert space["result"].summary()["return_net"].text() == "-4.83%"
    assert space["again"].trades.equals(space["result"].trades)
    assert space["signal"].report(space["market"]).scores == 80_289
