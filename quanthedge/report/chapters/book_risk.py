"""The chapter on the risk of the hedged book: what was forecast, of what, and what came."""

import numpy as np
import pandas as pd

from quanthedge.performance import BookRisk
from quanthedge.report import specs
from quanthedge.report.blocks import Block, Cell, Table, day_cell, interval_cell, number_cell
from quanthedge.report.chapters.style_names import style_names
from quanthedge.report.writer import Writer

__all__ = ["book_risk"]


def book_risk(writer: Writer) -> list[Block]:
    """Return the blocks of the chapter; none where the run has no forecasts."""
    table, parts = writer.run.risk_forecasts, writer.run.risk_parts
    if not len(table) or not len(parts):
        return []
    horizon = int(table["horizon"].iloc[0])
    blocks: list[Block] = []
    if table["z"].notna().any():
        drawn = specs.risk_forecast(table.set_index("date"), writer.language)
        blocks.append(writer.figure("risk_forecast", drawn, horizon=horizon))
        blocks.append(_judged(writer, table, horizon))
    blocks.append(_made_of(writer, parts, horizon))
    industries = parts[parts["kind"] == "industry"]
    if len(industries):
        blocks.append(_by_industry(writer, industries, parts))
    return [*blocks, _forecasts(writer, table)]


def _judged(writer: Writer, table: pd.DataFrame, horizon: int) -> Table:
    """Return bias, Q and MRAD beside what noise alone gives."""
    names, rows = writer.words["risk_measures"], []
    for measure, own in BookRisk.summarised(table).iterrows():
        band = interval_cell(float(own["low"]), float(own["high"]), ".2f")
        rows.append([Cell(str(names[str(measure)])),
                     *(_number(float(own[key]), ".2f") for key in ("value", "expected")),
                     band, number_cell(float(own["forecasts"]), ".0f")])  # fmt: skip
    head = writer.head("measure", "value", "expected_right", "noise_band", "forecasts")
    return writer.table("risk_summary", head, rows, horizon=horizon)


def _made_of(writer: Writer, parts: pd.DataFrame, horizon: int) -> Table:
    """Return the parts of the last forecast and of all of them, as shares of the variance."""
    kinds = writer.words["risk_kinds"]
    grouped = parts.assign(part=np.where(parts["kind"] == "style", parts["name"], parts["kind"]))
    styles = style_names(writer, list(parts.loc[parts["kind"] == "style", "name"].unique()))
    last = grouped[grouped["date"] == grouped["date"].max()]
    total, whole = float(last["variance"].sum()), float(parts["variance"].sum())
    rows = []
    for part in last["part"].unique():
        own, all_own = last[last["part"] == part], grouped[grouped["part"] == part]
        # exposures to industries that add up say nothing; those to one part are its own
        alone = own["exposure"].iloc[0] if len(own) == 1 and part != "industry" else float("nan")
        rows.append([
            Cell(styles.get(str(part)) or str(kinds[str(part)])),
            _number(float(alone), "+.2f"),
            number_cell(float(own["variance"].sum()) / total, ".1%"),
            number_cell(float(all_own["variance"].sum()) / whole, ".1%"),
        ])  # fmt: skip
    rows.append([Cell(str(kinds["whole"])), _none(), number_cell(1.0, ".1%"),
                 number_cell(1.0, ".1%")])  # fmt: skip
    head = writer.head("risk_part", "exposure", "share_last", "share_mean")
    return writer.table(
        "risk_parts", head, rows, emphasised=frozenset({len(rows) - 1}), horizon=horizon,
        date=last["date"].iloc[0], volatility=f"{total**0.5:.2%}",
    )  # fmt: skip


def _by_industry(writer: Writer, table: pd.DataFrame, parts: pd.DataFrame) -> Table:
    """Return the industries of the last forecast, the largest part first."""
    last = table[table["date"] == table["date"].max()]
    total = float(parts.loc[parts["date"] == last["date"].iloc[0], "variance"].sum())
    order = last.reindex(last["variance"].abs().sort_values(ascending=False, kind="stable").index)
    name = f"name_{writer.language}"
    rows = [
        [
            Cell(str(row[name] or writer.words["none"])),
            number_cell(float(row["exposure"]), "+.2%"),
            number_cell(float(row["variance"]) / total, ".1%"),
        ]
        for row in order.to_dict("records")
    ]
    head = writer.head("industry", "exposure", "share_last")
    return writer.table("risk_industries", head, rows, folded=True, date=last["date"].iloc[0])


def _forecasts(writer: Writer, table: pd.DataFrame) -> Table:
    """Return every forecast and what came."""
    words, rows = writer.words["risk_counted"], []
    for row in table.to_dict("records"):
        known = np.isfinite(row["realised_return"])
        judged = "yes" if row["counted"] else "no"
        rows.append([
            day_cell(row["date"], "number"),
            day_cell(row["end"], "number") if known else _none(),
            _number(row["volatility"], ".2%"),
            _number(row["realised_return"], "+.2%"),
            _number(row["realised_volatility"], ".2%"),
            _number(row["z"], "+.2f"),
            Cell(str(words[judged])) if np.isfinite(row["z"]) else _none(),
        ])  # fmt: skip
    head = writer.head(
        "forecast_on", "span_end", "volatility_forecast", "return_came", "volatility_came", "z",
        "counted",
    )  # fmt: skip
    unknown = f"{float(table['unknown'].max()):.2%}"
    return writer.table("risk_forecasts", head, rows, folded=True, unknown=unknown)


def _number(value: float, pattern: str) -> Cell:
    return number_cell(value, pattern) if np.isfinite(value) else _none()


def _none() -> Cell:
    return Cell("–", "quiet")
