"""How much money a strategy carries: the table's answer in a sentence, and its figure.

The table is that of :func:`quanthedge.capacity_curve`; its columns are explained in
docs/capacity.md.
"""

import math
from pathlib import Path
from typing import Any, Literal, NamedTuple

import numpy as np
import pandas as pd

from quanthedge.documents import read_cells
from quanthedge.errors import DataError
from quanthedge.record import Record
from quanthedge.report.digest import SIZE_AND_IMPACT, parameters_digest
from quanthedge.report.drawing import figure_png, png_bytes
from quanthedge.report.figure_style import (
    ACCENT,
    FUND,
    GROSS,
    INK,
    QUIET,
    RED,
    axis_style,
    layout_style,
)
from quanthedge.report.texts import words
from quanthedge.typing import Language

__all__ = [
    "MEASURES",
    "OPEN_INTEREST_LIMIT",
    "Limit",
    "capacity_answer",
    "capacity_limits",
    "capacity_of_run",
    "capacity_png",
    "capacity_spec",
    "done_sizes",
    "read_capacity",
]

OPEN_INTEREST_LIMIT = 0.10
MEASURES = (
    "gross", "net", "net_without_size_impact", "volatility", "costs", "impact", "size_impact",
    "volume_cuts", "unfilled", "participation", "lots", "open_interest_share",
    "open_interest_share_most", "futures_volume_share", "margin", "idle_cash", "margin_drag",
    "hedge_gap", "lot_rounding", "smallest_hedged_yuan",
)  # fmt: skip
_TEXTS = (
    "reason", "strategy", "parameters", "market", "fingerprint", "first_day", "last_day", "made_by",
)  # fmt: skip
_NUMBERS = (*MEASURES, "coefficient", "hurdle", "open_interest_limit")

State = Literal["between", "first", "none", "unknown"]


class Limit(NamedTuple):
    """Where a measure passes a level.

    ``between``: at ``size_yuan``, interpolated; ``first``: already at the smallest size run;
    ``none``: not up to the largest; ``unknown``: there is no level, or no figure.
    """

    level: float
    state: State
    size_yuan: float


def read_capacity(path: str | Path) -> pd.DataFrame:
    """Return the table of a CSV file written by ``quanthedge capacity --out``.

    Raises
    ------
    DataError
        When the file is missing, is no such table, or has no size that could be run.
    """
    path = Path(path)
    table = read_cells(path, "capacity")
    lacking = [name for name in ("size_yuan", *_NUMBERS, *_TEXTS) if name not in table]
    if lacking:
        raise DataError(
            f"capacity {path}: no column {', '.join(lacking)}; accepted: the file that "
            "`quanthedge capacity --out FILE.csv` writes"
        )
    for name in ("size_yuan", *_NUMBERS):
        table[name] = _numbers(path, table[name])
    for name in _TEXTS[1:]:
        table[name] = table[name].where(table[name] != "")
    sizes = table["size_yuan"]
    wrong = ~(sizes > 0.0) | sizes.duplicated() | np.isinf(sizes)
    if wrong.any():
        line = table.index[int(wrong.to_numpy().argmax())]
        raise DataError(
            f"capacity {path}, line {line}, column size_yuan: {sizes[line]}; accepted: amounts "
            "above 0, each once"
        )
    table = table.set_index("size_yuan").sort_index()
    if done_sizes(table).empty:
        raise DataError(f"capacity {path}: none of the sizes could be run")
    return table


def _numbers(path: Path, column: pd.Series) -> pd.Series:
    """Return a column's numbers; an empty cell is none."""
    texts = column.str.strip()
    found = pd.to_numeric(texts.where(texts != ""), errors="coerce").astype(np.float64)
    wrong = found.isna() & ~texts.str.lower().isin(("", "nan"))
    if wrong.any():
        line = column.index[int(wrong.to_numpy().argmax())]
        raise DataError(
            f"capacity {path}, line {line}, column {column.name}: {column[line]!r} is not a number"
        )
    return found


def capacity_of_run(capacity: str | Path | pd.DataFrame, run: Record) -> pd.DataFrame:
    """Return the table for the report of a run.

    Raises
    ------
    DataError
        When it was made with another strategy or other parameters (but for the size of the fund
        and the coefficient of impact), or on another market.
    """
    is_table = isinstance(capacity, pd.DataFrame)
    table = capacity if isinstance(capacity, pd.DataFrame) else read_capacity(capacity)
    done = done_sizes(table)
    if done.empty:
        raise DataError("capacity: none of the sizes could be run")
    for key, own in (
        ("strategy", run.strategy.name),
        ("parameters", parameters_digest(run.strategy.model_dump(mode="json"), SIZE_AND_IMPACT)),
        ("market", run.market_info["name"]),
        ("fingerprint", run.market_info["fingerprint"]),
    ):
        theirs = str(done[key].iloc[0])
        if theirs != own:
            place = "table" if is_table else str(capacity)
            raise DataError(
                f"capacity {place}: made with {key} '{theirs}', the run has '{own}'; "
                "run `quanthedge capacity` with the run's own"
            )
    return table


def done_sizes(table: pd.DataFrame) -> pd.DataFrame:
    """Return the rows of the sizes that could be run, ascending."""
    return table[table["reason"] == ""].sort_index()


def capacity_limits(table: pd.DataFrame) -> tuple[Limit, Limit]:
    """Return where the net return falls below its level, and the short exceeds its share.

    Notes
    -----
    The level of the return is the column ``hurdle``, or half of the smallest size's net return
    where that is NaN (unknown when it is not above 0). The first two neighbouring sizes between
    which the level is passed count; between them straight in the logarithm of the size.
    """
    done = done_sizes(table)
    half = float(done["net"].iloc[0]) / 2.0
    hurdle = float(done["hurdle"].iloc[0])
    level = half if math.isnan(hurdle) else hurdle
    share = float(done["open_interest_limit"].iloc[0])
    sizes = done.index.to_numpy(dtype=np.float64)
    if math.isnan(hurdle) and half <= 0.0:
        net = Limit(level, "unknown", math.nan)
    else:
        net = _passed(sizes, level - done["net"].to_numpy(dtype=np.float64), level)
    most = done["open_interest_share_most"].to_numpy(dtype=np.float64)
    return net, _passed(sizes, most - share, share)


def _passed(sizes: np.ndarray, beyond: np.ndarray, level: float) -> Limit:
    """Return the first size at which ``beyond`` becomes positive."""
    known = np.isfinite(beyond)
    sizes, beyond = sizes[known], beyond[known]
    if not sizes.size:
        return Limit(level, "unknown", math.nan)
    if beyond[0] > 0.0:
        return Limit(level, "first", float(sizes[0]))
    after = np.flatnonzero(beyond > 0.0)
    if not after.size:
        return Limit(level, "none", float(sizes[-1]))
    k = int(after[0])
    part = -beyond[k - 1] / (beyond[k] - beyond[k - 1])
    logs = np.log(sizes[k - 1 : k + 1])
    return Limit(level, "between", float(np.exp(logs[0] + part * (logs[1] - logs[0]))))


def capacity_answer(table: pd.DataFrame, language: Language = "en") -> str:
    """Return in one sentence how much money the strategy carries.

    ``table`` is that of :func:`quanthedge.capacity_curve`.
    """
    text = words(language)["capacity"]
    net, short = capacity_limits(table)
    hurdle = math.isnan(float(done_sizes(table)["hurdle"].iloc[0]))
    values = {"half": text["half"] if hurdle else ""}
    parts = [
        text[f"{name}_{limit.state}"].format(
            level=f"{limit.level:.1%}", size=shown_size(limit.size_yuan, language), **values
        )
        for name, limit in (("net", net), ("short", short))
    ]
    return str(text["answer"]).format(net=parts[0], short=parts[1])


def shown_size(size_yuan: float, language: Language, digits: int = 3) -> str:
    """Return a size in the unit of the language, to three significant digits."""
    if math.isnan(size_yuan):
        return ""
    value = size_yuan / float(words(language)["capacity"]["unit"])
    decimals = digits - 1 - math.floor(math.log10(value))
    text = f"{round(value, decimals):,.{max(0, decimals)}f}"
    return text.rstrip("0").rstrip(".") if "." in text else text


def capacity_spec(table: pd.DataFrame, language: Language = "en") -> dict[str, Any]:
    """Return returns (above) and the share of open interest (below) against the size of the fund.

    ``table`` is that of :func:`quanthedge.capacity_curve`; sizes that could not be run are left
    out.
    """
    text, shown = words(language)["capacity"], done_sizes(table)
    upper = (("gross", GROSS, "solid"), ("net_without_size_impact", ACCENT, "dash"),
             ("net", FUND, "solid"))  # fmt: skip
    lower = (("open_interest_share_most", RED, "solid"), ("open_interest_share", QUIET, "solid"))
    data = [
        _line(shown, name, text, colour, dash, axis)
        for axis, lines in (("y", upper), ("y2", lower))
        for name, colour, dash in lines
    ]
    places = list(range(len(shown)))
    limit = float(shown["open_interest_limit"].iloc[0])
    data.append(
        {
            "type": "scatter", "mode": "lines", "name": text["limit"].format(share=f"{limit:.0%}"),
            "x": places, "y": [limit] * len(places), "yaxis": "y2",
            "line": {"color": INK, "width": 1.0, "dash": "dot"}, "hoverinfo": "skip",
        }
    )  # fmt: skip
    return {"data": data, "layout": _layout(shown, text, language, places)}


_IN_FIGURE = {
    "open_interest_share": "mean_day",
    "open_interest_share_most": "highest_day",
}  # shorter words of the legend


def _line(
    shown: pd.DataFrame, name: str, text: dict[str, str], colour: str, dash: str, axis: str
) -> dict[str, Any]:
    """Return a line of the figure over the sizes, which stand at equal distances."""
    return {
        "type": "scatter",
        "mode": "lines+markers",
        "name": text[_IN_FIGURE.get(name, name)],
        "x": list(range(len(shown))),
        "y": [round(v, 5) if math.isfinite(v) else None for v in shown[name].astype(float)],
        "yaxis": axis,
        "line": {"color": colour, "width": 1.8, "dash": dash},
        "marker": {"size": 6, "color": colour},
        "hovertemplate": "%{y:.2%}",
    }


def _layout(
    shown: pd.DataFrame, text: dict[str, str], language: Language, places: list[int]
) -> dict[str, Any]:
    sizes = [shown_size(float(size), language) for size in shown.index]
    across = {"tickvals": places, "ticktext": sizes, "title": {"text": text["size"]}}
    layout = layout_style(460) | {
        "margin": {"l": 62, "r": 14, "t": 46, "b": 44},  # the legend may take two rows
        "hovermode": "x",
        "xaxis": axis_style() | across | {"anchor": "y2"},
    }
    for name, domain, pattern, title in (
        ("yaxis", [0.46, 1.0], ".3~%", text["returns"]),
        ("yaxis2", [0.0, 0.38], ".2~%", text["short"]),
    ):
        own = {"domain": domain, "tickformat": pattern, "title": {"text": title}}
        layout[name] = axis_style() | own
    return layout


def _capacity_figure(table: pd.DataFrame, path: str | Path, language: Language = "en") -> Path:
    """Write the capacity curve as a PNG image and return its path."""
    return figure_png(capacity_spec(table, language), path)


def capacity_png(table: pd.DataFrame, language: Language = "en") -> bytes:
    """Return the capacity curve as a PNG image."""
    return png_bytes(capacity_spec(table, language))
