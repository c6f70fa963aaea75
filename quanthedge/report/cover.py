"""The cover: key figures and what they say."""

import numpy as np

from quanthedge.report.blocks import Card
from quanthedge.report.writer import Writer, in_language
from quanthedge.rules import CALENDAR_DAYS_A_YEAR

__all__ = ["cards", "verdict"]


def cards(writer: Writer) -> list[Card]:
    """Return the key figures of the cover: name, value and a line below."""
    language, summary, columns = writer.language, writer.summary, writer.words["columns"]
    comma = "：" if language == "zh" else ": "

    def with_variant(key: str, variant: str) -> str:
        return f"{columns[variant]}{comma}{summary[key].text(language)}"

    def interval(key: str) -> str:
        found = summary[key]
        if found.value is None or found.estimate is None:
            return ""
        return f"{columns['interval']} [{found.estimate.low:.3f}, {found.estimate.high:.3f}]"

    span = [summary[f"drawdown_{end}"].text(language) for end in ("peak", "trough")]
    fell = summary["drawdown_peak"].value is not None
    below = {
        "unit_value_net": with_variant("unit_value_gross", "gross"),
        "annual_return_net": with_variant("annual_return_gross", "gross"),
        "volatility_net": f"{writer.index}{comma}{summary['volatility_index'].text(language)}",
        "sharpe_net": with_variant("sharpe_gross", "gross"),
        "max_drawdown_net": [f"{span[0]} –", span[1]] if fell else "",
        "correlation_accrued_weekly": interval("correlation_accrued_weekly"),
        "hedge_ratio_mean": f"{writer.name('turnover').text}{comma}"
        f"{summary['turnover'].text(language)}",
        "paid_per_year_costs_and_fees": writer.words["cost_card"]["below"].format(
            yuan=summary["paid_costs_and_fees"].text(language)
        ),
    }
    found = []
    for key, line in below.items():
        measure = summary[key]
        name = (
            writer.words["cost_card"]["name"] if key.startswith("paid") else measure.label(language)
        )
        lines = [line] if isinstance(line, str) else line
        found.append(Card(key, name, writer.cell(key), lines))
    return found


def verdict(writer: Writer) -> list[str]:
    """Return what the figures say, in a few sentences for the cover."""
    language, summary, texts = writer.language, writer.summary, writer.words["verdict"]
    text = {measure.key: measure.text(language) for measure in summary}
    sentences = [
        texts["return"].format(
            net=text["return_net"],
            annual=text["annual_return_net"],
            drawdown=text["max_drawdown_net"],
            index=writer.index,
            market=text["return_index"],
        )
    ]
    for every in ("weekly", "daily"):
        linked = summary[f"correlation_accrued_{every}"].estimate
        if linked is None or not np.isfinite(linked.value):
            continue
        kind = "neutral" if linked.low <= 0.0 <= linked.high else "not_neutral"
        sentences.append(
            texts[kind].format(
                frequency=writer.words["frequencies"][every],
                index=writer.index,
                value=f"{linked.value:.3f}",
                low=f"{linked.low:.3f}",
                high=f"{linked.high:.3f}",
            )
        )
    if summary["paid_per_year_trading_costs"].value is not None:
        sentences.append(
            texts["costs"].format(
                costs=text["paid_per_year_trading_costs"], fees=text["paid_per_year_fund_fees"]
            )
        )
    accrued = summary.value("accrued_performance_fee")
    if isinstance(accrued, float) and accrued >= 1.0:
        sentences.append(
            texts["accrued"].format(
                amount=text["accrued_performance_fee"], value=text["unit_value_before_accrual"]
            )
        )
    sentences += [
        in_language(note, language) for note in writer.run.notes if note["kind"] == "fee_in_units"
    ]
    days = summary.value("calendar_days")
    if isinstance(days, int) and days < CALENDAR_DAYS_A_YEAR:
        sentences.append(texts["short"])
    return sentences
