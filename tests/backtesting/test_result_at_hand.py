"""What a result gives in a notebook: figures by name, returns, holdings of a day, a short card."""

import numpy as np
import pandas as pd
import pytest
from rich.cells import cell_len

from quanthedge.errors import DataError
from quanthedge.performance import Spans
from quanthedge.report.document import build_document
from quanthedge.words import LANGUAGES
from tests.sample import sample_market, sample_result


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_figure_of_the_report_is_drawn_by_its_name(language: str) -> None:
    run = sample_result()
    blocks = [b for chapter in build_document(run, language).chapters for b in chapter.blocks]
    inside = {b.id: b for b in blocks if b.kind == "figure"}
    names = run.plots(language=language)
    shown = {f"figure-{name.replace('_', '-')}" for name in names}
    assert shown - {"figure-monthly", "figure-bridge"} == set(inside)  # these two stand apart
    for name, title in names.items():
        drawn = run.plot(name, language=language).to_plotly_json()
        assert drawn["layout"]["title"]["text"] == title
        assert not title[:2].strip("图表 ").isdigit()
        if name not in ("monthly", "bridge"):
            assert len(drawn["data"]) == len(
                inside[f"figure-{name.replace('_', '-')}"].spec["data"]
            )


def test_a_figure_has_the_numbers_of_the_report() -> None:
    run = sample_result()
    drawn = run.plot("drawdown", language="en").data[-1]
    level = np.append(1.0, np.cumprod(1.0 + run.returns.to_numpy()))
    below = level / np.maximum.accumulate(level) - 1.0
    assert np.allclose(np.array(drawn.y, dtype=float)[-len(below) :], below, atol=1e-3)


def test_months_are_a_field_of_the_net_returns_of_each_month() -> None:
    run = sample_result()
    field = run.plot("monthly", language="zh").data[0]
    table = Spans(run.ledger).monthly("net")
    for year, row in zip(field.y, field.z, strict=True):
        expected = table.loc[int(year)].iloc[:12].to_numpy(dtype=float)
        assert np.allclose(np.array(row, dtype=float), expected, atol=1e-6, equal_nan=True)


def test_a_wrong_name_of_a_figure_lists_those_that_there_are() -> None:
    with pytest.raises(DataError, match="no figure 'drawdwon'; did you mean 'drawdown'") as told:
        sample_result().plot("drawdwon")
    for name in ("unit_value", "monthly", "rolling", "exposure", "bridge", "hedge", "basis"):
        assert name in str(told.value)
        assert sample_result().plot(name).data
    with pytest.raises(DataError, match="language 'fr'; accepted: en, zh"):
        sample_result().plot("drawdown", language="fr")


def test_returns_are_net_and_make_the_return_of_the_run() -> None:
    run = sample_result()
    assert run.returns.name == "net"
    assert list(run.returns.index) == list(run.ledger.index[1:])
    total = float((1.0 + run.returns).prod() - 1.0)
    assert total == pytest.approx(float(run.summary().value("return_net")), abs=1e-12)


def test_holdings_between_records_are_those_that_the_trades_made() -> None:
    """Days on record are rebuilt too and must be what was recorded."""
    from quanthedge.backtesting.positions import _rebuilt, _stock_rows

    run, market = sample_result(), sample_market()
    recorded = run.positions["date"].unique()
    assert len(recorded) > 5
    for day in recorded[:-1]:
        kept = run.positions_on(day)
        stocks = kept[kept["kind"] == "stock"]
        again = _stock_rows(_rebuilt(run, market, pd.Timestamp(day)))
        assert stocks["quantity"].to_dict() == again["quantity"].to_dict()
        assert np.allclose(stocks["value"], again["value"].reindex(stocks.index))


def test_holdings_of_any_day_add_up_to_the_ledger() -> None:
    run, market = sample_result(), sample_market()
    for day in run.ledger.index[3::17]:
        held, ledger = run.positions_on(day, market), run.ledger.loc[day]
        by_kind = held.groupby("kind")["value"].sum()
        assert by_kind.get("stock", 0.0) == pytest.approx(ledger["stock_value"], rel=1e-9)
        assert by_kind.get("futures", 0.0) == pytest.approx(-ledger["futures_notional"], rel=1e-9)
        assert (held["kind"] == "stock").sum() == ledger["names"]


@pytest.mark.parametrize(
    ("day", "told"),
    [
        ("1999-01-04", "is not in the run; its days are"),
        ("nonsense", "is no date; accepted"),
        (None, "is not in the run"),
        ("2014-10-01", "is not a trading day; the nearest are 2014-09-30 and"),
    ],
)
def test_a_wrong_day_is_told_in_a_line(day: object, told: str) -> None:
    with pytest.raises(DataError, match=told):
        sample_result().positions_on(day)


def test_a_day_off_the_record_asks_for_the_market() -> None:
    run = sample_result()
    off = next(d for d in run.ledger.index[2:] if d not in set(run.positions["date"]))
    with pytest.raises(DataError, match=r"is not on record .* give the market of the run"):
        run.positions_on(off)


@pytest.mark.parametrize("language", LANGUAGES)
def test_cards_are_short_and_fit_a_terminal(language: str) -> None:
    run = sample_result()
    for one in (run, run.summary(), run.strategy, sample_market()):
        text = one.card().text(language)
        assert len(text) <= 2000
        assert len(text.splitlines()) <= 25
        assert max(map(cell_len, text.splitlines())) <= 80
    assert run.summary()["sharpe_net"].text(language) in run.card().text(language)
    assert len(run.summary().text(language).splitlines()) > 100
