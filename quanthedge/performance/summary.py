"""The figures of a run in one place, each with its unit, its label and its definition."""

import html
import tomllib
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from typing import Any

import pandas as pd

from quanthedge.performance.statistics import (
    TRADING_DAYS,
    annual_return,
    max_drawdown,
    regression,
    sharpe,
    sortino,
    volatility,
    win_rate,
)
from quanthedge.performance.tables import COSTS, fund_values

__all__ = ["Measure", "Summary", "measure_texts", "summary"]

Value = float | int | str | None


@dataclass(frozen=True)
class Measure:
    """One figure.

    Attributes
    ----------
    key, chapter : str
        As in ``measures.toml``, which holds labels and definitions in both languages.
    value : float, int, str or None
        Fractions are not percent; dates are ISO text; None where the run is too short or it does
        not apply.
    unit : str
        fraction, yuan, ratio, days, date, count or value.
    """

    key: str
    chapter: str
    value: Value
    unit: str

    def text(self, language: str = "en") -> str:
        """Return the value as a reader expects it."""
        if self.value is None:
            return str(measure_texts()["words"]["none"][language])
        if isinstance(self.value, str):
            return self.value
        forms = {
            "fraction": f"{self.value:.2%}",
            "yuan": f"{self.value:,.0f}",
            "ratio": f"{self.value:.3f}",
            "value": f"{self.value:.4f}",
        }
        return forms.get(self.unit, f"{self.value:,.0f}")

    def label(self, language: str = "en") -> str:
        """Return the figure's name in a language."""
        return str(measure_texts()["measures"][self.key][language])

    def definition(self, language: str = "en") -> str:
        """Return how the figure is computed, in one sentence."""
        return str(measure_texts()["measures"][self.key][f"definition_{language}"])


@dataclass(frozen=True)
class Summary:
    """All figures of a run, in the order of the report."""

    measures: tuple[Measure, ...]

    def __iter__(self) -> Iterator[Measure]:
        return iter(self.measures)

    def __getitem__(self, key: str) -> Value:
        for measure in self.measures:
            if measure.key == key:
                return measure.value
        raise KeyError(key)

    def chapters(self) -> dict[str, list[Measure]]:
        """Return the figures by chapter."""
        result: dict[str, list[Measure]] = {}
        for measure in self.measures:
            result.setdefault(measure.chapter, []).append(measure)
        return result

    def to_dict(self) -> dict[str, dict[str, Value]]:
        """Return value and unit by key, ready for JSON."""
        return {m.key: {"value": m.value, "unit": m.unit} for m in self.measures}

    def to_frame(self, language: str = "en") -> pd.DataFrame:
        """Return one row a figure: chapter, label, value, unit, definition."""
        rows = [
            (m.key, m.chapter, m.label(language), m.value, m.unit, m.definition(language))
            for m in self.measures
        ]
        names = ["key", "chapter", "label", "value", "unit", "definition"]
        return pd.DataFrame(rows, columns=names).set_index("key")

    def __str__(self) -> str:
        width = max(len(m.label()) for m in self.measures)
        lines = []
        for chapter, measures in self.chapters().items():
            lines.append(str(measure_texts()["chapters"][chapter]["en"]))
            lines += [f"  {m.label():<{width}}  {m.text():>16}" for m in measures]
        return "\n".join(lines)

    def _repr_html_(self) -> str:
        rows = []
        for chapter, measures in self.chapters().items():
            title = html.escape(str(measure_texts()["chapters"][chapter]["en"]))
            rows.append(f"<tr><th colspan='2' style='text-align:left'>{title}</th></tr>")
            rows += [
                f"<tr title='{html.escape(m.definition(), quote=True)}'>"
                f"<td style='text-align:left'>{html.escape(m.label())}</td>"
                f"<td>{html.escape(m.text())}</td></tr>"
                for m in measures
            ]
        return f"<table>{''.join(rows)}</table>"


@cache
def measure_texts() -> dict[str, Any]:
    """Return labels and definitions of all figures, chapters and cost lines."""
    source = files("quanthedge.performance").joinpath("measures.toml")
    return tomllib.loads(source.read_text(encoding="utf-8"))


def summary(
    ledger: pd.DataFrame,
    trades: pd.DataFrame,
    refusals: pd.DataFrame,
    *,
    risk_free: float = 0.0,
) -> Summary:
    """Return the figures of a run.

    Parameters
    ----------
    ledger, trades, refusals : DataFrame
        Tables of a run; the ledger's first row is the day before the first trading day.
    risk_free : float
        Rate a year that the Sharpe and Sortino ratios subtract.
    """
    found: list[Measure] = []

    def add(chapter: str, key: str, value: Value, unit: str) -> None:
        found.append(Measure(key, chapter, value, unit))

    net, gross = fund_values(ledger), ledger["unit_value_gross"]
    days = ledger.iloc[1:]
    daily = net.pct_change().iloc[1:]
    _returns(add, net, gross, ledger["index_close"].dropna(), days)
    _risk(add, net, daily, risk_free)
    _neutrality(add, net, ledger)
    _hedge(add, days)
    _trading(add, days, trades, refusals)
    _costs(add, days, ledger)
    return Summary(tuple(found))


def _returns(
    add: Any, net: pd.Series, gross: pd.Series, index: pd.Series, days: pd.DataFrame
) -> None:
    add("return", "first_day", f"{days.index[0]:%Y-%m-%d}", "date")
    add("return", "last_day", f"{days.index[-1]:%Y-%m-%d}", "date")
    add("return", "trading_days", len(days), "count")
    add("return", "annual_return_net", annual_return(net), "fraction")
    add("return", "annual_return_gross", annual_return(gross), "fraction")
    add("return", "period_return_net", float(net.iloc[-1] / net.iloc[0] - 1), "fraction")
    add("return", "period_return_gross", float(gross.iloc[-1] / gross.iloc[0] - 1), "fraction")
    add("return", "unit_value", float(days["unit_value"].iloc[-1]), "value")
    add("return", "high_water_mark", float(days["high_water_mark"].iloc[-1]), "value")
    enough = len(index) > 1
    add("return", "index_annual_return", annual_return(index) if enough else None, "fraction")
    change = float(index.iloc[-1] / index.iloc[0] - 1) if enough else None
    add("return", "index_period_return", change, "fraction")


def _risk(add: Any, net: pd.Series, daily: pd.Series, risk_free: float) -> None:
    add("risk", "volatility", volatility(daily), "fraction")
    add("risk", "sharpe", sharpe(daily, risk_free), "ratio")
    add("risk", "sortino", sortino(daily, risk_free), "ratio")
    fall = max_drawdown(net)
    add("risk", "max_drawdown", fall.depth if fall else 0.0, "fraction")
    add("risk", "drawdown_peak", f"{fall.peak:%Y-%m-%d}" if fall else None, "date")
    add("risk", "drawdown_trough", f"{fall.trough:%Y-%m-%d}" if fall else None, "date")
    back = fall.recovery if fall else None
    add("risk", "drawdown_recovery", f"{back:%Y-%m-%d}" if back else None, "date")
    add("risk", "drawdown_days", (fall.trough - fall.peak).days if fall else None, "days")
    recovery_days = (back - fall.trough).days if fall and back else None
    add("risk", "recovery_days", recovery_days, "days")
    yearly = annual_return(net)
    calmar = yearly / -fall.depth if fall and yearly is not None else None
    add("risk", "calmar", calmar, "ratio")
    for frequency in ("day", "week", "month"):
        add("risk", f"win_rate_{frequency}", win_rate(net, frequency), "fraction")


def _neutrality(add: Any, net: pd.Series, ledger: pd.DataFrame) -> None:
    for frequency in ("day", "week", "month"):
        link = regression(net, ledger["index_close"], frequency)
        add("neutrality", f"correlation_{frequency}", link.correlation if link else None, "ratio")
        low = link.correlation_low if link else None
        high = link.correlation_high if link else None
        add("neutrality", f"correlation_{frequency}_low", low, "ratio")
        add("neutrality", f"correlation_{frequency}_high", high, "ratio")
        add("neutrality", f"beta_{frequency}", link.beta if link else None, "ratio")
        error = link.standard_error if link else None
        add("neutrality", f"beta_{frequency}_error", error, "ratio")


def _hedge(add: Any, days: pd.DataFrame) -> None:
    held = days[days["stock_value"] > 0]
    ratio = held["futures_notional"] / held["stock_value"]
    exposure = (days["stock_value"] - days["futures_notional"]) / days["equity"]
    beta = days["book_beta"].dropna()
    some = len(ratio) > 0
    add("hedge", "book_beta", float(beta.mean()) if len(beta) else None, "ratio")
    add("hedge", "hedge_ratio_mean", float(ratio.mean()) if some else None, "ratio")
    add("hedge", "hedge_ratio_min", float(ratio.min()) if some else None, "ratio")
    add("hedge", "hedge_ratio_max", float(ratio.max()) if some else None, "ratio")
    add("hedge", "net_exposure_mean", float(exposure.mean()), "fraction")
    margin = days["margin_required"] / days["equity"]
    add("hedge", "margin_mean", float(margin.mean()), "fraction")
    add("hedge", "margin_max", float(margin.max()), "fraction")
    cash = (days["stock_cash"] + days["futures_cash"] - days["margin_required"]) / days["equity"]
    add("hedge", "free_cash_min", float(cash.min()), "fraction")


def _trading(add: Any, days: pd.DataFrame, trades: pd.DataFrame, refusals: pd.DataFrame) -> None:
    years = len(days) / TRADING_DAYS
    traded = float((days["bought"] + days["sold"]).sum())
    add("trading", "turnover", traded / years / float(days["equity"].mean()), "ratio")
    add("trading", "names_mean", float(days["names"].mean()), "ratio")
    add("trading", "trades", len(trades), "count")
    add("trading", "refusals", len(refusals), "count")


def _costs(add: Any, days: pd.DataFrame, ledger: pd.DataFrame) -> None:
    years = (ledger.index[-1] - ledger.index[0]).days / 365.0
    base = float(days["equity"].mean()) * years
    total = 0.0
    for name in COSTS:
        if name == "redemptions":
            continue
        amount = float(days[name].sum())
        total += amount
        add("costs", f"{name}_yuan", amount, "yuan")
        add("costs", f"{name}_per_year", amount / base, "fraction")
    add("costs", "costs_yuan", total, "yuan")
    add("costs", "costs_per_year", total / base, "fraction")
    add("costs", "interest_yuan", float(days["interest"].sum()), "yuan")
    accrued = float(days["accrued_performance_fee"].iloc[-1])
    add("costs", "accrued_performance_fee_yuan", accrued, "yuan")
