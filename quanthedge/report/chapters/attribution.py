"""Chapter on where alpha came from: layers, industries and stocks, risk model, sizes."""

import pandas as pd

from quanthedge.attribution import BRINSON, LAYERS
from quanthedge.performance import Bridge
from quanthedge.report import specs
from quanthedge.report.blocks import Block, Cell, number_cell, signed
from quanthedge.report.chapters.style_names import style_names
from quanthedge.report.waterfall import layer_waterfall
from quanthedge.report.writer import Writer, unit_of_years

__all__ = ["attribution"]

_BARS = 16  # industries that the figure shows one by one


def attribution(writer: Writer) -> list[Block]:
    """Return the blocks of the chapter; none where there is no line alpha."""
    run = writer.run
    if run.ledger["index_close"].isna().any():
        return []
    lines = Bridge(run).yuan("day")
    alpha = float(lines["alpha"].sum())
    blocks: list[Block] = []
    if len(run.alpha_layers):
        blocks += _layers(writer, run.alpha_layers, lines["alpha"])
    elif len(run.positions):
        blocks.append(writer.lines("layers_empty", [_unknown(writer)], "remark"))
    if len(run.allocation_lines):
        blocks.append(_allocation(writer, run.allocation_lines, lines))
    if len(run.alpha_industries):
        blocks += _industries(writer, run.alpha_industries, run.alpha_brinson, alpha)
    if len(run.alpha_parts.columns):
        blocks.append(_parts(writer, run.alpha_parts, alpha))
    groups = run.alpha_groups
    if len(groups):
        blocks += [
            _groups(writer, str(kind), own.reset_index(drop=True), alpha)
            for kind, own in groups.groupby("kind", sort=False)
        ]
    return blocks


def _unknown(writer: Writer) -> str:
    """Return why there are no layers."""
    return str(writer.words["empty"]["layers"]).format(index=writer.index)


def _layers(writer: Writer, layers: pd.DataFrame, alpha: pd.Series) -> list[Block]:
    """Return alpha by layer: the steps to it, their course, and the years."""
    gated = bool((layers["allocation"] != 0.0).any())
    shown = [name for name in LAYERS if gated or name != "allocation"]
    names = writer.words["layers"]
    whole = layers[shown].sum()
    table = layers[shown].assign(alpha=alpha)
    called = {name: str(names[name]) for name in (*shown, "alpha")}
    head, rows = _by_year(writer, "layer", table, called)
    unit = float(writer.words["figures"]["money_unit"])
    courses = {title: table[name].cumsum() / unit for name, title in called.items()}
    return [
        writer.figure("layers", layer_waterfall(whole, writer.language)),
        writer.figure("layer_courses", specs.courses(courses, writer.language)),
        writer.table(
            "layers", head, rows, note="layers_yearly", emphasised=frozenset({len(rows) - 1}),
            unit=unit_of_years(writer), index=writer.index,
        ),
    ]  # fmt: skip


def _by_year(
    writer: Writer, first: str, daily: pd.DataFrame, names: dict[str, str]
) -> tuple[list[str], list[list[Cell]]]:
    """Return head and rows of a table of days: over the run in yuan, and by year."""
    years = daily.groupby(pd.DatetimeIndex(daily.index).year).sum()
    unit = float(writer.words["figures"]["money_unit"])
    rows = [
        [Cell(name), signed(daily[part].sum(), ",.0f")]
        + [signed(value / unit, ",.1f") for value in years[part]]
        for part, name in names.items()
    ]
    return [*writer.head(first, "yuan"), *[str(year) for year in years.index]], rows


def _allocation(writer: Writer, beyond: pd.DataFrame, lines: pd.DataFrame) -> Block:
    """Return each line of the bridge beside that of the fully invested strategy."""
    own = lines[list(Bridge.EARNED)].sum()
    changed = beyond.sum().reindex(own.index)
    names = writer.words["lines"]
    shown = [name for name in own.index if max(abs(own[name]), abs(changed[name])) >= 0.5]
    table = pd.DataFrame({"own": own, "whole": own - changed, "changed": changed}).loc[shown]
    rows = [
        [Cell(names[name]), *(signed(value, ",.0f") for value in row)]
        for name, row in zip(table.index, table.to_numpy(), strict=True)
    ]
    total = writer.words["layers"]["total"]
    rows.append([Cell(total), *(signed(value, ",.0f") for value in table.sum())])
    head = writer.head("line", "gated", "fully_invested", "allocation_effect")
    return writer.table("allocation_lines", head, rows, emphasised=frozenset({len(rows) - 1}))


def _industries(
    writer: Writer, months: pd.DataFrame, parts: pd.DataFrame, alpha: float
) -> list[Block]:
    """Return allocation and selection of each industry over the run."""
    table = _industry_sums(writer, months)
    effects = ["allocation_yuan", "selection_yuan"]
    rows = [
        [
            Cell(str(name)),
            *(number_cell(row[share], ".2%") for share in ("book", "index")),
            *(signed(value, ",.0f") for value in (*row[effects], row[effects].sum())),
        ]
        for name, row in table.iterrows()
    ]
    missed = float(parts["index"].sum())
    gap = [Cell("–", "quiet")] * 4
    rows.append([Cell(writer.words["layers"]["index"]), *gap, signed(missed, ",.0f")])
    shares = [number_cell(table[share].sum(), ".2%") for share in ("book", "index")]
    sums = [signed(parts[name].sum(), ",.0f") for name in BRINSON[:2]]
    rows.append([Cell(writer.words["layers"]["alpha"]), *shares, *sums, signed(alpha, ",.0f")])
    head = writer.head(
        "industry", "book", "index", "industry_allocation", "stock_selection", "together"
    )
    bars = specs.industry_bars(_largest(table, writer), writer.language)
    return [
        writer.figure("industry_bars", bars),
        writer.table(
            "industry_effects", head, rows, emphasised=frozenset({len(rows) - 1}),
            index=writer.index,
        ),
    ]  # fmt: skip


def _industry_sums(writer: Writer, months: pd.DataFrame) -> pd.DataFrame:
    """Return shares and yuan of each industry over the run, by name, the most earned first.

    A mean share of the run is that of its months by their days with stocks.
    """
    held = writer.run.ledger["stock_value"].shift(1).iloc[1:] != 0.0
    days = held.groupby(pd.DatetimeIndex(held.index).to_period("M")).sum()
    weight = days.reindex(pd.DatetimeIndex(months["date"]).to_period("M")).to_numpy() / held.sum()
    name = "name_zh" if writer.language == "zh" else "name_en"
    titles = months[name].where(months[name] != "", str(writer.words["none"]))
    found = months[["allocation_yuan", "selection_yuan"]].assign(
        book=months["book"] * weight, index=months["index"] * weight
    )
    summed = found.groupby(titles.to_numpy()).sum()
    order = (summed["allocation_yuan"] + summed["selection_yuan"]).sort_values(ascending=False)
    return pd.DataFrame(summed.loc[order.index])


def _largest(table: pd.DataFrame, writer: Writer) -> pd.DataFrame:
    """Return the industries with the largest effects, the others summed in a last row."""
    effects = pd.DataFrame(table[["allocation_yuan", "selection_yuan"]])
    size = effects.abs().sum(axis=1)
    if len(table) <= _BARS:
        return effects
    chosen = size >= size.nlargest(_BARS - 1).iloc[-1]
    others = effects[~chosen].sum().to_frame(str(writer.words["layers"]["others"])).T
    return pd.DataFrame(pd.concat([effects[chosen], others]))


def _parts(writer: Writer, parts: pd.DataFrame, alpha: float) -> Block:
    """Return alpha by the strategy's model, over the run and by year."""
    names = _part_names(writer, list(parts.columns)) | {"": str(writer.words["lines"]["alpha"])}
    table = parts.assign(**{"": parts.sum(axis=1)})
    head, rows = _by_year(writer, "alpha_part", table, names)
    rows[-1][1] = signed(alpha, ",.0f")
    last = frozenset({len(rows) - 1})
    unit = unit_of_years(writer)
    return writer.table("alpha_parts", head, rows, emphasised=last, unit=unit)


def _part_names(writer: Writer, parts: list[str]) -> dict[str, str]:
    """Return the names of the parts; styles are called by their factors."""
    own = writer.words["alpha_parts"]
    styles = style_names(writer, [part for part in parts if part not in own])
    return {part: styles.get(part) or str(own[part]) for part in parts}


def _groups(writer: Writer, kind: str, groups: pd.DataFrame, alpha: float) -> Block:
    """Return alpha and weight by group, and the sum beside the bridge's line."""
    name = "name_zh" if writer.language == "zh" else "name_en"
    sizes, nothing = writer.words["size_layers"], writer.words["none"]
    rows = [
        [
            Cell(str(row[name] or sizes.get(row["group"], nothing))),
            signed(row["alpha_yuan"], ",.0f"),
            number_cell(row["weight"], ".2%"),
            number_cell(row["names"], ".0f"),
        ]
        for row in groups.to_dict("records")
    ]
    total = writer.words["lines"]["alpha"]
    held = number_cell(float(groups["weight"].sum()), ".2%")
    count = number_cell(float(groups["names"].sum()), ".0f")
    rows.append([Cell(total), signed(alpha, ",.0f"), held, count])
    head = writer.head(kind, "alpha_yuan", "weight", "stocks")
    return writer.table(f"alpha_{kind}", head, rows, emphasised=frozenset({len(rows) - 1}))
