"""The statistics of a run as one ordered collection, each with its unit and its definition.

The names and formulas, in English and Chinese, stand in ``measures.toml`` beside this module.
"""

import html
import math
import tomllib
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date
from functools import cache
from importlib.resources import files
from typing import Any, Literal

import pandas as pd

from quanthedge.performance.active import (
    geometric_excess,
    information_ratio,
    tracking_error,
)
from quanthedge.performance.book import (
    COST_LINES,
    FEE_LINES,
    annual_turnover,
    costs,
    exposures,
    refusals_by_reason,
)
from quanthedge.performance.deflation import probabilistic_sharpe
from quanthedge.performance.drawdown import (
    calmar_ratio,
    drawdowns,
    longest_drawdown,
    max_drawdown,
)
from quanthedge.performance.relation import Estimate, beta, correlation
from quanthedge.performance.resampling import (
    FEWEST_DAYS,
    block_length,
    loss_probabilities,
    year_range,
)
from quanthedge.performance.returns import (
    Every,
    annual_return,
    daily_returns,
    levels,
    period_return,
    period_returns,
    profit_loss_ratio,
    sharpe_ratio,
    sortino_ratio,
    volatility,
    win_rate,
)
from quanthedge.performance.tails import (
    capture,
    expected_shortfall,
    kurtosis,
    skewness,
    value_at_risk,
    value_at_risk_cornish_fisher,
)

__all__ = ["PATTERNS", "Measure", "Summary", "definitions", "summary"]

Language = Literal["en", "zh"]
Unit = Literal["fraction", "yuan", "unit_value", "ratio", "coefficient", "days", "date", "count"]
Value = float | int | date | None
MINIMUM_DAYS = 20
PATTERNS: dict[str, str] = {
    "fraction": ".2%",
    "yuan": ",.0f",
    "unit_value": ".4f",
    "ratio": ".2f",
    "coefficient": ".3f",
    "days": ",.0f",
    "count": ",.0f",
}
_PERIODS: tuple[Every, ...] = ("daily", "weekly", "monthly")


@cache
def definitions() -> dict[str, Any]:
    """Return the texts of ``measures.toml``: chapters, measures, variants, reasons, units."""
    path = files("quanthedge.performance").joinpath("measures.toml")
    return tomllib.loads(path.read_text(encoding="utf-8"))


@dataclass(frozen=True)
class Measure:
    """One number about the run.

    Attributes
    ----------
    key : str
        Unique: the definition's id, followed by its variant where there is one.
    value : float, int, date or None
        None when it cannot be stated; ``reason`` says why.
    unit : str
        fraction, yuan, unit_value (yuan a unit), ratio, coefficient (correlation or beta), days,
        date or count.
    formula : str
        Id of the definition in ``measures.toml``.
    variant : str
        net, gross, index, daily, a cost line, a reason ..., or empty.
    chapter : str
        period, return, risk, neutrality, trading or costs.
    estimate : Estimate or None
        Standard error and 95% interval where the value is an estimate.
    reason : str or None
        Id of the reason why there is no value.
    """

    key: str
    value: Value
    unit: Unit
    formula: str
    variant: str
    chapter: str
    estimate: Estimate | None = None
    reason: str | None = None

    def label(self, language: Language = "en") -> str:
        """Return the name of the measure."""
        texts = definitions()
        name = str(texts["measures"][self.formula][language])
        if not self.variant:
            return name
        variant = str(texts["variants"][self.variant][language])
        return f"{name}（{variant}）" if language == "zh" else f"{name} ({variant})"

    def formula_text(self, language: Language = "en") -> str:
        """Return the definition with its formula and day count."""
        return str(definitions()["measures"][self.formula][f"formula_{language}"])

    def text(self, language: Language = "en") -> str:
        """Return the value as it is printed, or why there is none."""
        if self.value is None:
            return str(definitions()["reasons"][self.reason or "undefined"][language])
        return format_value(self.value, self.unit)


def format_value(value: float | date, unit: str) -> str:
    """Return a number as printed in tables; a value that rounds to zero has no minus sign."""
    if isinstance(value, date):
        return value.isoformat()
    text = format(value, PATTERNS[unit])
    return text.lstrip("-") if not any(digit in text for digit in "123456789") else text


class Summary:
    """The statistics of a run, in reading order, grouped by chapter.

    ``summary["annual_return_net"]`` is a :class:`Measure`, ``summary.value(key)`` its value;
    printing gives a table, :meth:`to_frame` and :meth:`to_dict` give the numbers.
    """

    def __init__(self, measures: list[Measure]) -> None:
        self._measures = {measure.key: measure for measure in measures}

    def __getitem__(self, key: str) -> Measure:
        return self._measures[key]

    def __contains__(self, key: object) -> bool:
        return key in self._measures

    def __iter__(self) -> Iterator[Measure]:
        return iter(self._measures.values())

    def __len__(self) -> int:
        return len(self._measures)

    def value(self, key: str) -> Value:
        """Return the value of one measure; None when it cannot be stated."""
        return self._measures[key].value

    def chapters(self) -> dict[str, list[Measure]]:
        """Return the measures of each chapter, in order."""
        grouped: dict[str, list[Measure]] = {}
        for measure in self:
            grouped.setdefault(measure.chapter, []).append(measure)
        return grouped

    def to_frame(self, language: Language = "en") -> pd.DataFrame:
        """Return one row a measure, indexed by key.

        Returns
        -------
        DataFrame
            chapter, name, value (as it is), unit, text (as printed), standard_error, low, high,
            observations (where the value is an estimate), formula.
        """
        rows = [
            {
                "key": measure.key,
                "chapter": measure.chapter,
                "name": measure.label(language),
                "value": measure.value,
                "unit": measure.unit,
                "text": measure.text(language),
                "standard_error": measure.estimate.standard_error if measure.estimate else None,
                "low": measure.estimate.low if measure.estimate else None,
                "high": measure.estimate.high if measure.estimate else None,
                "observations": measure.estimate.observations if measure.estimate else None,
                "formula": measure.formula_text(language),
            }
            for measure in self
        ]
        return pd.DataFrame(rows).set_index("key")

    def to_dict(self) -> dict[str, dict[str, Any]]:
        """Return ``{key: {value, unit, chapter, ...}}`` with plain JSON values and no NaN."""
        result: dict[str, dict[str, Any]] = {}
        for measure in self:
            value = measure.value
            entry: dict[str, Any] = {
                "value": value.isoformat() if isinstance(value, date) else value,
                "unit": measure.unit,
                "chapter": measure.chapter,
            }
            if measure.estimate is not None:
                entry["observations"] = measure.estimate.observations
                if value is not None:
                    entry["standard_error"] = measure.estimate.standard_error
                    entry["interval_95"] = [measure.estimate.low, measure.estimate.high]
            if value is None:
                entry["reason"] = measure.reason
            result[measure.key] = entry
        return result

    def __repr__(self) -> str:
        lines = []
        width = max(len(measure.label()) for measure in self)
        for chapter, measures in self.chapters().items():
            lines.append(f"\n{definitions()['chapters'][chapter]['en']}")
            for measure in measures:
                note = _interval(measure)
                lines.append(f"  {measure.label():<{width}}  {measure.text():>16}{note}".rstrip())
        return "\n".join(lines).lstrip("\n")

    def _repr_html_(self) -> str:
        """Return the table as HTML for a notebook."""
        rows = []
        for chapter, measures in self.chapters().items():
            name = html.escape(definitions()["chapters"][chapter]["en"])
            rows.append(f'<tr><th colspan="2" style="text-align:left">{name}</th></tr>')
            rows.extend(
                f'<tr title="{html.escape(measure.formula_text())}">'
                f'<td style="text-align:left">{html.escape(measure.label())}</td>'
                f"<td>{html.escape(measure.text() + _interval(measure))}</td></tr>"
                for measure in measures
            )
        return f"<table>{''.join(rows)}</table>"


def _interval(measure: Measure) -> str:
    if measure.estimate is None or measure.value is None:
        return ""
    return f"  [{measure.estimate.low:.3f}, {measure.estimate.high:.3f}]"


def summary(
    ledger: pd.DataFrame,
    trades: pd.DataFrame,
    refusals: pd.DataFrame,
    *,
    risk_free: float = 0.0,
) -> Summary:
    """Return the statistics of a run, net of everything and gross of the fund's fees.

    Parameters
    ----------
    ledger, trades, refusals : DataFrame
        Tables of the run; the first row of the ledger holds the opening balances.
    risk_free : float
        Fraction a year, simple; taken off in the Sharpe and Sortino ratios.

    Notes
    -----
    Annualised figures and ratios need at least 20 trading days and are None below.
    """
    writer = _Writer(days=len(ledger) - 1)
    _period(writer, ledger)
    _returns(writer, ledger)
    _risk(writer, ledger, risk_free)
    _neutrality(writer, ledger)
    _trading(writer, ledger, trades, refusals)
    _costs(writer, ledger)
    return Summary(writer.measures)


class _Writer:
    """Collects measures; turns NaN into None with a reason."""

    def __init__(self, days: int) -> None:
        self.days = days
        self.chapter = ""
        self.measures: list[Measure] = []

    def add(
        self,
        formula: str,
        value: float | date | None,
        unit: Unit,
        *,
        variant: str = "",
        reason: str = "undefined",
        least_days: int = 0,
        estimate: Estimate | None = None,
    ) -> None:
        """Append one measure."""
        missing: str | None = None
        if self.days < least_days:
            value, missing = None, "too_short"
        elif value is None or (isinstance(value, float) and not math.isfinite(value)):
            value, missing = None, reason
        elif isinstance(value, pd.Timestamp):
            value = value.date()
        key = f"{formula}_{variant}" if variant else formula
        self.measures.append(
            Measure(key, value, unit, formula, variant, self.chapter, estimate, missing)
        )


def _period(writer: _Writer, ledger: pd.DataFrame) -> None:
    writer.chapter = "period"
    days, equity = pd.DatetimeIndex(ledger.index), ledger["equity"]
    last = ledger.iloc[-1]
    writer.add("first_day", days[min(1, len(days) - 1)], "date")
    writer.add("last_day", days[-1], "date")
    writer.add("trading_days", writer.days, "days")
    writer.add("calendar_days", (days[-1] - days[0]).days, "days")
    writer.add("opening_equity", float(equity.iloc[0]), "yuan")
    writer.add("closing_equity", float(equity.iloc[-1]), "yuan")
    writer.add("unit_value", float(last["unit_value"]), "unit_value", variant="net")
    writer.add("unit_value", float(last["unit_value_gross"]), "unit_value", variant="gross")
    writer.add("high_water_mark", float(last["high_water_mark"]), "unit_value")
    writer.add("accrued_performance_fee", float(last["accrued_performance_fee"]), "yuan")


def _returns(writer: _Writer, ledger: pd.DataFrame) -> None:
    writer.chapter = "return"
    level = levels(ledger)
    for basis in ("net", "gross", "index"):
        writer.add("return", period_return(level[basis]), "fraction", variant=basis)
    last = ledger.iloc[-1]
    kept = 1.0 - float(last["accrued_performance_fee"]) / float(last["equity"])
    after = (1.0 + period_return(level["net"])) * kept - 1.0
    writer.add("return_after_accrual", after, "fraction")
    for basis in ("net", "gross", "index"):
        writer.add(
            "annual_return",
            annual_return(level[basis]),
            "fraction",
            variant=basis,
            least_days=MINIMUM_DAYS,
        )
    for variant, annual in (("period", False), ("year", True)):
        value = geometric_excess(level["net"], level["index"], annual=annual)
        least = MINIMUM_DAYS if annual else 0
        writer.add("geometric_excess", value, "fraction", variant=variant, least_days=least)
    net = level["net"]
    for every in _PERIODS:
        rate = win_rate(period_returns(net, every))
        writer.add("win_rate", rate, "fraction", variant=every, reason="too_short")
    ratio = profit_loss_ratio(period_returns(net, "daily"))
    writer.add("profit_loss_ratio", ratio, "ratio", reason="one_sided")
    daily = period_returns(net, "daily")
    writer.add("best_day", float(daily.max()), "fraction", reason="too_short")
    writer.add("worst_day", float(daily.min()), "fraction", reason="too_short")


def _risk(writer: _Writer, ledger: pd.DataFrame, risk_free: float) -> None:
    writer.chapter = "risk"
    level, returns = levels(ledger), daily_returns(ledger)
    few = MINIMUM_DAYS
    for basis in ("net", "gross", "index"):
        spread = volatility(returns[basis])
        writer.add("volatility", spread, "fraction", variant=basis, least_days=few)
    writer.add("risk_free", risk_free, "fraction")
    for basis in ("net", "gross", "index"):
        ratio = sharpe_ratio(returns[basis], risk_free)
        writer.add("sharpe", ratio, "ratio", variant=basis, least_days=few, reason="no_variation")
    for basis in ("net", "gross"):
        ratio = sortino_ratio(returns[basis], risk_free)
        writer.add("sortino", ratio, "ratio", variant=basis, least_days=few, reason="no_loss")
    for basis in ("net", "gross", "index"):
        depth = float(drawdowns(level[basis]).min())
        writer.add("max_drawdown", depth, "fraction", variant=basis)
        if basis == "net":
            _drawdown_dates(writer, level["net"])
    for basis in ("net", "gross"):
        fall = max_drawdown(level[basis])
        ratio = calmar_ratio(annual_return(level[basis]), fall.depth if fall else 0.0)
        writer.add("calmar", ratio, "ratio", variant=basis, least_days=few, reason="no_drawdown")
    _tails(writer, ledger)
    _active(writer, returns)
    _outlook(writer, returns["net"])


def _active(writer: _Writer, returns: pd.DataFrame) -> None:
    net, index, few = returns["net"], returns["index"], MINIMUM_DAYS
    writer.add("tracking_error", tracking_error(net, index), "fraction", least_days=few)
    ratio = information_ratio(net, index)
    writer.add("information_ratio", ratio, "ratio", least_days=few, reason="no_variation")
    value = probabilistic_sharpe(net)
    writer.add("probabilistic_sharpe", value, "fraction", least_days=few, reason="no_variation")


def _outlook(writer: _Writer, net: pd.Series) -> None:
    """Add what other orders of the same days would have brought."""
    long = len(net.dropna()) >= FEWEST_DAYS
    block = block_length(net) if long else float("nan")
    writer.add("block_length", block, "ratio", reason="too_short")
    for month, chance in loss_probabilities(net).items():
        variant = f"{month}_months"
        writer.add("loss_probability", chance, "fraction", variant=variant, reason="too_short")
    for variant, value in zip(("low", "median", "high"), year_range(net), strict=True):
        writer.add("year_range", value, "fraction", variant=variant, reason="too_short")


def _tails(writer: _Writer, ledger: pd.DataFrame) -> None:
    returns = daily_returns(ledger)
    few, still = MINIMUM_DAYS, "no_variation"
    for basis in ("net", "index"):
        days = returns[basis]
        for formula, value in (("skewness", skewness(days)), ("kurtosis", kurtosis(days))):
            writer.add(formula, value, "ratio", variant=basis, least_days=few, reason=still)
    for variant, level in (("95", 0.95), ("99", 0.99)):
        for formula, measure in (
            ("value_at_risk", value_at_risk),
            ("value_at_risk_cornish_fisher", value_at_risk_cornish_fisher),
            ("expected_shortfall", expected_shortfall),
        ):
            value = measure(returns["net"], level)
            writer.add(formula, value, "fraction", variant=variant, least_days=few, reason=still)
    for variant, up in (("up", True), ("down", False)):
        value = capture(returns["net"], returns["index"], up=up)
        writer.add("capture", value, "fraction", variant=variant, least_days=few, reason=still)


def _drawdown_dates(writer: _Writer, net: pd.Series) -> None:
    deepest, longest = max_drawdown(net), longest_drawdown(net)
    none = "no_drawdown"
    back = none if deepest is None else "not_recovered"
    for formula, name, reason in (
        ("drawdown_peak", "peak", none),
        ("drawdown_trough", "trough", none),
        ("drawdown_recovery", "recovery", back),
    ):
        writer.add(formula, getattr(deepest, name, None), "date", reason=reason)
    for formula, fall, part, reason in (
        ("drawdown_fall", deepest, "fall", none),
        ("drawdown_way_back", deepest, "recovery", back),
        ("longest_drawdown", longest, "under", none),
    ):
        for variant, name in (("trading", f"{part}_days"), ("calendar", f"{part}_calendar_days")):
            days = getattr(fall, name, None)
            writer.add(formula, days, "days", variant=variant, reason=reason)


def _neutrality(writer: _Writer, ledger: pd.DataFrame) -> None:
    writer.chapter = "neutrality"
    level = levels(ledger)
    for formula, estimator in (("correlation", correlation), ("beta", beta)):
        for every in _PERIODS:
            found = estimator(
                period_returns(level["net"], every), period_returns(level["index"], every)
            )
            writer.add(
                formula,
                found.value,
                "coefficient",
                variant=every,
                estimate=found,
                reason="too_few" if found.observations < 4 else "no_variation",
            )
    inside, held = ledger.iloc[1:], exposures(ledger)
    cash = inside["stock_cash"] + inside["futures_cash"] - inside["margin_required"]
    columns: dict[str, tuple[pd.Series, Unit]] = {
        "hedge_ratio": (held["hedge_ratio"], "fraction"),
        "net_exposure": (held["net_exposure"], "fraction"),
        "gross_exposure": (held["gross_exposure"], "fraction"),
        "book_beta": (inside["book_beta"], "coefficient"),
        "net_beta": (held["net_beta"], "coefficient"),
        "margin": (inside["margin_required"] / inside["equity"], "fraction"),
        "free_cash": (cash / inside["equity"], "fraction"),
    }
    for name, (column, unit) in columns.items():
        for variant, value in (
            ("mean", float(column.mean())),
            ("lowest", float(column.min())),
            ("highest", float(column.max())),
        ):
            writer.add(name, value, unit, variant=variant, reason="no_stocks")


def _trading(
    writer: _Writer, ledger: pd.DataFrame, trades: pd.DataFrame, refusals: pd.DataFrame
) -> None:
    writer.chapter = "trading"
    inside = ledger.iloc[1:]
    turnover = annual_turnover(ledger)
    writer.add("turnover", turnover, "ratio", least_days=MINIMUM_DAYS, reason="too_short")
    writer.add("bought", float(inside["bought"].sum()), "yuan")
    writer.add("sold", float(inside["sold"].sum()), "yuan")
    writer.add("trades", len(trades), "count")
    names = inside["names"]
    for variant, value in (
        ("mean", names.mean()),
        ("lowest", names.min()),
        ("highest", names.max()),
    ):
        writer.add("names", float(value), "count", variant=variant, reason="too_short")
    writer.add("refusals", len(refusals), "count")
    for reason, row in refusals_by_reason(refusals).iterrows():
        writer.add("refusals", int(row["count"]), "count", variant=str(reason))


def _costs(writer: _Writer, ledger: pd.DataFrame) -> None:
    writer.chapter = "costs"
    table = costs(ledger)
    groups = {
        **{line: [line] for line in COST_LINES},
        "trading_costs": list(COST_LINES),
        **{line: [line] for line in FEE_LINES},
        "fund_fees": list(FEE_LINES),
        "costs_and_fees": [*COST_LINES, *FEE_LINES],
    }
    for name, lines in groups.items():
        paid = table.loc[lines].sum(skipna=False)
        writer.add("paid", float(paid["yuan"]), "yuan", variant=name)
        yearly = float(paid["per_year"])
        writer.add("paid_per_year", yearly, "fraction", variant=name, least_days=MINIMUM_DAYS)
    writer.add("interest", float(ledger["interest"].iloc[1:].sum()), "yuan")
