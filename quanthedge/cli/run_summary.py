"""What `quanthedge run` prints of a run: 25 lines that answer, everything, a line, or JSON."""

from pathlib import Path
from typing import TYPE_CHECKING, Any

from quanthedge.cli.comparing import comparison_text
from quanthedge.cli.language import spoken, told
from quanthedge.cli.screen import WIDTH, and_wrote, aside, display_width, fitted, padded, wrapped
from quanthedge.errors import QuantHedgeError

if TYPE_CHECKING:
    from quanthedge.backtesting import Result
    from quanthedge.comparison import Comparison
    from quanthedge.performance import Measure, Summary

__all__ = ["in_full", "in_short", "on_one_line", "run_data", "six_parts"]

_LABEL = 15  # columns of the labels on the left
_FIGURE = 14  # columns of a figure in the table
_PART = 17  # columns of the name of a part of the bridge

# the lines of `quanthedge.performance.Bridge.returns` in each of the six parts
_PARTS: dict[str, tuple[str, ...]] = {
    "alpha": ("alpha", "revaluation"),
    "market": ("market",),
    "basis": ("basis", "roll"),
    "income": ("dividends", "interest"),
}
_FEES = ("management_fee", "custody_fee", "service_fee", "audit_fee", "performance_fee", "accrual")


def six_parts(result: "Result") -> dict[str, float]:
    """Return the net return in six parts that add up to it, as fractions.

    What is neither alpha, market, basis, income nor a fee is trading: the fills of the day against
    its close, and every cost. The rounding that the bridge states as its residual goes there too.

    Raises
    ------
    QuantHedgeError
        The benchmark lacks closes, so that there is no bridge.
    """
    from quanthedge.performance import Bridge

    lines = Bridge(result).returns("whole").iloc[-1]
    parts = {name: float(lines[list(names)].sum()) for name, names in _PARTS.items()}
    fees = float(lines[[name for name in _FEES if name in lines]].sum())
    parts["trading"] = float(lines["return"]) - fees - sum(parts.values())
    return {**parts, "fees": fees}


def in_short(result: "Result", market: Path) -> list[str]:
    """Return the lines that answer, each within 80 columns."""
    words, summary = told("run"), result.summary()
    heads = [padded(words[name], _FIGURE, right=True) for name in ("net", "gross", "index")]
    return [
        fitted(_head(result, market, words)),
        fitted(_period(result, words)),
        " " * _LABEL + "".join(heads),
        *(_row(summary, name, words) for name in _TABLE),
        *_risk(summary, words),
        *_neutrality(summary, words),
        *_bridge(result, words),
        _line(words, "costs", **_shown(summary, _COSTS)),
        *_notes(result, words),
    ]


_TABLE = ("return", "annual_return", "volatility", "sharpe", "max_drawdown")
_COSTS = {
    "trading": "paid_per_year_trading_costs",
    "fund": "paid_per_year_fund_fees",
    "turnover": "turnover",
}


def _head(result: "Result", market: Path, words: dict[str, str]) -> str:
    return words["head"].format(
        strategy=result.strategy.called(spoken()), market=result.market_info["name"], folder=market
    )


def _span(result: "Result") -> dict[str, str]:
    days = result.ledger.index
    return {
        "first": f"{days[1]:%Y-%m-%d}",
        "last": f"{days[-1]:%Y-%m-%d}",
        "days": f"{len(days) - 1:,}",
        "capital": f"{result.strategy.capital_yuan:,.0f}",
    }


def _period(result: "Result", words: dict[str, str]) -> str:
    return words["period"].format(**_span(result))


def _figure(summary: "Summary", key: str) -> str:
    """Return a figure as it is printed; a dash where there is none (--full says why)."""
    if key not in summary or summary.value(key) is None:
        return "-"
    return summary[key].text()


def _shown(summary: "Summary", keys: dict[str, str]) -> dict[str, str]:
    return {name: _figure(summary, key) for name, key in keys.items()}


def _row(summary: "Summary", name: str, words: dict[str, str]) -> str:
    figures = (_figure(summary, f"{name}_{which}") for which in ("net", "gross", "index"))
    return padded(words[name], _LABEL) + "".join(f"{figure:>{_FIGURE}}" for figure in figures)


def _line(words: dict[str, str], name: str, **values: str) -> str:
    return aside(words[name], words[f"{name}_text"].format(**values), _LABEL)


def _risk(summary: "Summary", words: dict[str, str]) -> list[str]:
    days = {
        "best": "best_day",
        "worst": "worst_day",
        "win": "win_rate_daily",
        "month": "win_rate_monthly",
    }
    tail = {
        "value": "value_at_risk_95",
        "value_99": "value_at_risk_99",
        "shortfall": "expected_shortfall_95",
    }
    ratios = {
        "sortino": "sortino_net",
        "calmar": "calmar_net",
        "probable": "probabilistic_sharpe",
    }
    loss = {f"months_{many}": f"loss_probability_{many}_months" for many in (1, 3, 12)}
    return [
        _drawdown(summary, words),
        _line(words, "days", **_shown(summary, days)),
        _line(words, "tail", **_shown(summary, tail)),
        _line(words, "ratios", **_shown(summary, ratios)),
        _line(words, "loss", **_shown(summary, loss)),
    ]


def _drawdown(summary: "Summary", words: dict[str, str]) -> str:
    if not summary.value("max_drawdown_net"):
        return aside(words["drawdown"], words["drawdown_none"], _LABEL)
    recovery = summary.value("drawdown_recovery")
    back = "not_recovered" if recovery is None else "recovered"
    return _line(
        words,
        "drawdown",
        peak=_figure(summary, "drawdown_peak"),
        trough=_figure(summary, "drawdown_trough"),
        back=words[back].format(date=recovery),
        longest=_figure(summary, "longest_drawdown_trading"),
    )


def _neutrality(summary: "Summary", words: dict[str, str]) -> list[str]:
    hedge = {
        "ratio": "hedge_ratio_mean",
        "ratio_low": "hedge_ratio_lowest",
        "ratio_high": "hedge_ratio_highest",
        "net": "net_exposure_mean",
    }
    return [
        _line(
            words,
            "neutrality",
            correlation=_with_interval(summary, "correlation_accrued_daily"),
            beta=_with_interval(summary, "beta_daily"),
        ),
        _line(words, "hedge", **_shown(summary, hedge)),
    ]


def _with_interval(summary: "Summary", key: str) -> str:
    estimate = summary[key].estimate if key in summary else None
    if estimate is None or summary.value(key) is None:
        return "-"
    return f"{_figure(summary, key)} [{estimate.low:.3f}, {estimate.high:.3f}]"


def _bridge(result: "Result", words: dict[str, str]) -> list[str]:
    try:
        parts = six_parts(result)
    except QuantHedgeError as problem:
        return [aside(words["bridge"], words["bridge_missing"].format(reason=problem), _LABEL)]
    total = f"{sum(parts.values()):.2%}"
    cells = [padded(f"{words[name]} ", _PART) + f"{value:>+8.2%} " for name, value in parts.items()]
    return [
        aside(words["bridge"], words["bridge_text"].format(total=total), _LABEL),
        *("  " + "".join(cells[at : at + 3]).rstrip() for at in (0, 3)),
    ]


def _notes(result: "Result", words: dict[str, str]) -> list[str]:
    """Return what a reader has to know, counted, in at most three lines."""
    names = told("notes")
    kinds = dict.fromkeys(str(note["kind"]) for note in result.notes)
    loud = sorted(kinds, key=lambda kind: kind not in _LOUD)
    if not loud:
        return [aside(words["warnings"], words["no_notes"], _LABEL)]
    comma = "、" if spoken() == "zh" else ", "
    listed = comma.join(names.get(kind, kind.replace("_", " ")) for kind in loud)
    colon = "：" if spoken() == "zh" else ": "
    text = words["notes"].format(count=len(result.notes)) + colon + listed
    return aside(words["warnings"], text, _LABEL, lines=3).split("\n")


_LOUD = ("insolvent", "margin_cut", "not_wound_up")


def on_one_line(result: "Result", market: Path, out: Path | None, seconds: float) -> str:
    """Return what --quiet prints of a run."""
    words, summary = told("run"), result.summary()
    keys = {
        "return": "return_net",
        "sharpe": "sharpe_net",
        "drawdown": "max_drawdown_net",
        "correlation": "correlation_accrued_daily",
    }
    line = words["one_line"].format(
        head=_head(result, market, words),
        seconds=f"{seconds:.1f}",
        **_span(result),
        **_shown(summary, keys),
    )
    return line + and_wrote(out)


def in_full(result: "Result", market: Path) -> str:
    """Return everything that is known of a run, each figure with its formula."""
    language, words = spoken(), told("run")
    parts = [_head(result, market, words), _period(result, words), ""]
    steps = result.timeline[language].splitlines()
    parts += [words["timeline"], *(line for one in steps for line in wrapped(one, indent=3)), ""]
    parts += [_figures(result.summary()), "", words["all_notes"]]
    parts += [line for note in result.notes for line in wrapped(f"- {note[language]}", indent=2)]
    if result.variants or result.strategy.comparison:
        parts += ["", words["beside"], comparison_text(beside(result))]
    return "\n".join(parts)


def _figures(summary: "Summary") -> str:
    """Return every figure with its interval, and each formula once, below."""
    from quanthedge.performance import Measure

    language, lines = spoken(), []
    chapters = Measure.definitions()["chapters"]
    for chapter, measures in summary.chapters().items():
        lines += ["", str(chapters[chapter][language])]
        for measure in measures:
            lines += _entry(measure)
        lines += [
            line
            for formula in {one.formula: one for one in measures}.values()
            for line in wrapped(f"    {formula.formula_text(language)}", indent=6)
        ]
    return "\n".join(lines[1:])


def _entry(measure: "Measure") -> list[str]:
    """Return a figure with its name, in two lines where the name is long."""
    language, estimate = spoken(), measure.estimate
    text = measure.text(language)
    if measure.value is None:
        return wrapped(f"  {measure.label(language)}: {text}", indent=4)
    if estimate is not None:
        text = padded(text, 8, right=True) + f"  [{estimate.low:.3f}, {estimate.high:.3f}]"
    name = f"  {measure.label(language)}"
    room = WIDTH - display_width(name)
    if room > display_width(text):
        return [name + padded(text, room, right=True)]
    return [name, padded(text, WIDTH, right=True)]


def beside(result: "Result") -> "Comparison":
    """Return a run beside its index, the deposit, its variants and its strategy's products."""
    from quanthedge.comparison import Products, compare_funds

    return compare_funds(result, Products.own(result, spoken()))


def run_data(result: "Result", market: Path) -> dict[str, Any]:
    """Return a run for machines: stable keys, numbers as numbers."""
    span = result.ledger.index
    try:
        parts: dict[str, float] | None = six_parts(result)
    except QuantHedgeError:
        parts = None
    return {
        "command": "run",
        "strategy": result.strategy.name,
        "market": {"folder": str(market), **result.market_info},
        "period": {"first": span[1], "last": span[-1], "trading_days": len(span) - 1},
        "capital_yuan": result.strategy.capital_yuan,
        "figures": result.summary().to_dict(),
        "bridge": parts,
        "notes": [dict(note) for note in result.notes],
        "versions": dict(result.versions),
    }
