"""Judges the risk model on a real market: python -m benchmarks.risk_model DATASET PAGE.

Writes the tables of docs/risk_model.md between its two marks.
"""

import sys
import time
from dataclasses import replace
from pathlib import Path

import numpy as np
import pandas as pd

from quanthedge.market import Market
from quanthedge.risk import FittedRiskModel, RiskModel, StatisticalRiskModel
from quanthedge.risk.validate import bias_table, factor_scores, standard_classes, z_scores

BEGIN, END = "<!-- made by benchmarks.risk_model -->", "<!-- end -->"
START = "2011-01-01"
NARROW = ("all, by market value", "all, equal", "100 at random of the 800",
          "100 at random less the 800")  # fmt: skip
WIDE = ("100 least volatile", "tilt: book_yield", "industries")
ACTIVE = ("100 at random less the 800", "optimised, 300 largest")
VARIANTS: dict[str, dict[str, float]] = {
    "without eigenfactors": {"eigen": 0.0},
    "without lags": {"newey_west": 0, "correlation_lags": 0, "specific_lags": 0},
    "without the level of the day": {"regime": 0.0},
    "about 0, not the styles' means": {"style_means": False},
}
_HALTED = ((5, 20), (20, 60), (60, 120), (120, 10_000))  # days missed


def main(folder: str, page: str) -> None:
    """Write the tables into the page, each as soon as it is there, and print them."""
    market = Market.open(folder)
    RiskModel().fit(market)  # code from the cache, panels mapped
    begin = time.process_time()
    fitted = RiskModel().fit(market)
    seconds = time.process_time() - begin
    days = int(np.isfinite(fitted.regressions.residuals).sum())
    begin = time.process_time()
    for row in fitted.days_of(20, START).tolist():
        fitted.factor_covariance(row, 20)
    eigen = time.process_time() - begin
    begin = time.process_time()
    found, scores = _table(fitted, 20)
    tables = time.process_time() - begin
    parts = [
        f"The whole model of {days / 1e6:.2f} million stock-days (exposures, regressions, "
        f"moments): {seconds:.1f} s CPU; the 97 covariances of the table below with their "
        f"eigenfactors: {eigen:.1f} s more; its portfolios and specific risks: {tables:.1f} s.\n",
        _shown("20 days ahead, forecasts 20 days apart, 2011 to 2018", found),
        _missed(found),
        _years(fitted, scores),
    ]
    _write(page, parts)
    parts.append(_shown("One day ahead, every 5th day", _table(fitted, 1, 5)[0]))
    _write(page, parts)
    parts.append(_steps(market, found))
    _write(page, parts)
    parts.append(_others(market))
    parts.append(_resumed(fitted))
    _write(page, parts)
    print("\n".join(parts))


def _write(page: str, parts: list[str]) -> None:
    path = Path(page)
    head, rest = path.read_text(encoding="utf-8").split(BEGIN)
    text = "\n".join(parts)
    path.write_text(f"{head}{BEGIN}\n\n{text}\n{END}{rest.split(END)[1]}", encoding="utf-8")


def _table(
    fitted: FittedRiskModel, horizon: int, step: int | None = None
) -> tuple[pd.DataFrame, dict[str, np.ndarray]]:
    rows = fitted.days_of(horizon, START, step=step)
    classes = standard_classes(fitted.style_names)
    scores = z_scores(fitted, classes, rows, horizon)
    scores |= factor_scores(fitted, ("country", *fitted.style_names), rows, horizon)
    return bias_table(scores), scores


def _accepted(name: str, row: pd.Series) -> str:
    """Return whether a class lies where it should, "" where nothing is asked of it."""
    low, high = 0.0, 9.0
    if name in NARROW or (name.startswith("factor: ") and name != "factor: country"):
        low, high = 0.90, 1.10
    elif name in WIDE:
        low, high = 0.85, 1.20
    elif name.startswith("optimised"):
        high = 1.15
    else:
        return ""
    most = 0.22 if name in ACTIVE else 0.26
    faults = []
    if not low <= row["bias_clipped"] <= high:
        faults.append("bias")
    if name in (*NARROW, *ACTIVE) and row["mrad"] >= most:
        faults.append("MRAD")
    return "no: " + ", ".join(faults) if faults else "yes"


def _shown(title: str, table: pd.DataFrame) -> str:
    low, high = table["low"].median(), table["high"].median()
    lines = [
        f"### {title}",
        "",
        f"{int(table['forecasts'].max())} forecasts; band of right forecasts with normal returns "
        f"{low:.3f} to {high:.3f}; Q 2.27 and MRAD 0.17 when all is right and normal.",
        "",
        "| class | portfolios | bias | clipped at 3 | Q | MRAD | accepted |",
        "|---|---|---|---|---|---|---|",
    ]
    lines += [
        f"| {name} | {int(row['portfolios'])} | {row['bias']:.2f} | {row['bias_clipped']:.2f} | "
        f"{row['q']:.2f} | {row['mrad']:.2f} | {_accepted(str(name), row)} |"
        for name, row in table.iterrows()
    ]
    return "\n".join(lines) + "\n"


def _missed(table: pd.DataFrame) -> str:
    asked = {str(name): _accepted(str(name), row) for name, row in table.iterrows()}
    bad = [f"{name} ({told[4:]})" for name, told in asked.items() if told.startswith("no")]
    count = sum(1 for told in asked.values() if told)
    return f"Outside of what is asked, {len(bad)} of {count} classes: {'; '.join(bad) or 'none'}.\n"


def _steps(market: Market, whole: pd.DataFrame) -> str:
    tables = {"as it is": whole}
    for name, change in VARIANTS.items():
        tables[name] = _table(RiskModel().model_copy(update=change).fit(market), 20)[0]
    lines = [
        "### What each step does: bias, 20 days ahead",
        "",
        "| class | " + " | ".join(tables) + " |",
        "|---|" + "---|" * len(tables),
    ]
    lines += [
        f"| {name} | "
        + " | ".join(f"{one.loc[name, 'bias']:.2f}" for one in tables.values())
        + " |"
        for name in whole.index
    ]
    lines.append("")
    lines += [f"- {name}: {_missed(one)[:-1]}" for name, one in tables.items()]
    return "\n".join(lines) + "\n"


def _years(fitted: FittedRiskModel, scores: dict[str, np.ndarray]) -> str:
    """Return the bias by year: root mean square of z of the year's forecasts."""
    rows = fitted.days_of(20, START)
    year = pd.DatetimeIndex(fitted.market.dates[rows]).year
    years = sorted(set(year))
    lines = [
        "### By year: root mean square of return over forecast, 20 days ahead",
        "",
        "Twelve forecasts a year: the band of right ones is 0.59 to 1.41.",
        "",
        "| class | " + " | ".join(map(str, years)) + " |",
        "|---|" + "---|" * len(years),
    ]
    for name, z in scores.items():
        found = [np.sqrt(np.nanmean(z[year == one] ** 2)) for one in years]
        lines.append(f"| {name} | " + " | ".join(f"{one:.2f}" for one in found) + " |")
    return "\n".join(lines) + "\n"


def _others(market: Market) -> str:
    """Return the bias of the statistical models."""
    classes = standard_classes(())
    tables = {}
    for kind in ("pca", "ledoit_wolf"):
        fitted = StatisticalRiskModel.model_validate({"kind": kind}).fit(market)
        rows = fitted.days_of(20, START, step=40)
        tables[kind] = bias_table(z_scores(fitted, classes, rows, 20))
    lines = [
        "### From returns alone: bias, 20 days ahead, forecasts 40 days apart",
        "",
        "| class | 20 components | Ledoit-Wolf |",
        "|---|---|---|",
    ]
    lines += [
        f"| {name} | {tables['pca'].loc[name, 'bias']:.2f} | "
        f"{tables['ledoit_wolf'].loc[name, 'bias']:.2f} |"
        for name in tables["pca"].index
    ]
    return "\n".join(lines) + "\n"


def _resumed(fitted: FittedRiskModel) -> str:
    """Return the bias of single halted stocks that came back within the 20 days, by days missed."""
    market = fitted.market
    price = np.asarray(market.panel("mark")) * np.asarray(market.panel("adj_factor"))
    traded, of = np.asarray(market.panel("traded")), fitted.characteristics
    plain = replace(fitted, model=fitted.model.model_copy(update={"gap": False}))
    found = []
    for row in fitted.days_of(20, START).tolist():
        back = (of.missed[row] >= _HALTED[0][0]) & traded[row + 1 : row + 21].any(axis=0)
        ahead = fitted.forecast(row, 20)
        stocks = np.flatnonzero(back & np.isfinite(ahead.specific))
        loading = ahead.exposures[stocks]
        common = ((loading @ ahead.covariance) * loading).sum(axis=1)
        earned = price[row + 20, stocks] / price[row, stocks] - 1.0
        spreads = (np.sqrt(common + one.forecast(row, 20).specific[stocks])
                   for one in (plain, fitted))  # fmt: skip
        found.append([of.missed[row, stocks], *(earned / one for one in spreads)])
    missed, without, carried = (np.concatenate(part) for part in zip(*found, strict=True))
    lines = [
        "### Halted stocks that come back within the 20 days: root mean square of return over "
        "forecast",
        "",
        "| days missed | stocks | without the gap | with it | without, clipped at 3 | with it |",
        "|---|---|---|---|---|---|",
    ]
    for least, below in _HALTED:
        on = (missed >= least) & (missed < below)
        told = [float(np.sqrt(np.mean(z[on] ** 2))) for z in (without, carried)]
        told += [float(np.sqrt(np.mean(np.clip(z[on], -3, 3) ** 2))) for z in (without, carried)]
        label = f"{least} to {below - 1}" if below < _HALTED[-1][1] else f"{least} and more"
        lines.append(f"| {label} | {on.sum()} | " + " | ".join(f"{one:.2f}" for one in told) + " |")
    return "\n".join(lines) + "\n"


if __name__ == "__main__":
    main(sys.argv[1], sys.argv[2])
