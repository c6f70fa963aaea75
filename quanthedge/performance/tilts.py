"""What the book is tilted to, beside its benchmark: industries and styles, by quarter.

An exposure to a style is the mean of the stocks' grades in it (mean 0 by market value over the
whole market, deviation 1; as in the risk model), weighted by what the book holds; that of the
index weights its members as the index does (:func:`quanthedge.risk.index_weights`: published lists,
or estimates).
"""

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from quanthedge.errors import DataError
from quanthedge.factors import Factor
from quanthedge.market import Market
from quanthedge.record import Record
from quanthedge.risk import AnyRiskModel, RiskModel, index_weights, style_exposures
from quanthedge.stages import stage
from quanthedge.typing import Floats

__all__ = ["COLUMNS", "tilt_table"]

COLUMNS = ("date", "kind", "name", "name_zh", "name_en", "book", "index")
_NONE = "none"  # stocks of no industry


def tilt_table(result: Record, market: Market, model: AnyRiskModel | None = None) -> pd.DataFrame:
    """Return the book's exposures beside the benchmark's, at the last record of each quarter.

    Parameters
    ----------
    result : Record
    market : Market
        The market of the run.
    model : RiskModel, optional
        Its styles; ten by default, and in the place of a model without styles.

    Returns
    -------
    DataFrame
        date, kind (``style`` or ``industry``), name (of the style; code of the industry, ``none``
        for stocks without one), name_zh, name_en (of industries), book (mean grade, or share of the
        stocks' value), index (the same of the benchmark's members; NaN where the market does not
        know them). A style that the data do not give on a day has NaN in both. Empty where nothing
        was held.

    Notes
    -----
    Holdings are those of the close, grades what was known at that close.
    """
    positions = result.positions
    if not len(positions):
        return pd.DataFrame(columns=list(COLUMNS))
    days = pd.DatetimeIndex(positions["date"].unique()).sort_values()
    last = pd.DatetimeIndex(pd.Series(days, index=days).groupby(days.to_period("Q")).max())
    rows = pd.DatetimeIndex(market.dates).get_indexer(last).astype(np.int64)
    book = _book_weights(positions, market, last)
    index = _index_weights(result, market, rows)
    tables = [_industries(market, last, rows, book, index)] if market.has("industry") else []
    own = model if isinstance(model, RiskModel) else RiskModel()
    names, grades = _grades(market, own, rows)
    graded = {name: grades[:, :, k].astype(np.float64) for k, name in enumerate(names)}
    for name in dict.fromkeys((*own.styles, *names)):
        grade = graded.get(name, np.full(book.shape, np.nan))
        grade[~np.nan_to_num(grade).any(axis=1)] = np.nan  # defined for no stock
        tables.append(_table(last, "style", name, _mean(book, grade), _mean(index, grade)))
    return pd.concat(tables, ignore_index=True)[list(COLUMNS)]


def _grades(
    market: Market, model: RiskModel, rows: NDArray[np.int64]
) -> tuple[tuple[str, ...], NDArray[np.float32]]:
    """Return the names of a model's styles that the market knows, and grades in them, [R, N, S].

    Those of the standard styles belong to a market, whatever is held: they are kept beside it.
    """
    given = {name: one for name, one in model.styles.items() if _given(one, market, rows[-1:])}
    terms = {"winsorise": model.winsorise, "largest_move": model.largest_move}
    standard = given.items() <= RiskModel().styles.items()
    return stage(
        "style_grades",
        market,
        {"styles": given, "rows": rows, **terms},
        lambda: style_exposures(market, given, rows, **terms),
        with_market=standard and market.kept_folder is not None,
    )


def _given(factor: Factor, market: Market, row: NDArray[np.int64]) -> bool:
    """Return whether the market has what a style is made of."""
    try:
        factor.checked_exposure(market, row)
    except DataError:
        return False
    return True


def _mean(weights: Floats, grades: Floats) -> Floats:
    """Return weighted sums over stocks, [R]; NaN where no weight or no grade is known."""
    known = np.isfinite(weights).all(axis=1) & np.isfinite(grades).all(axis=1)
    found = (np.nan_to_num(weights) * np.nan_to_num(grades)).sum(axis=1)
    return np.where(known, found, np.nan)


def _book_weights(positions: pd.DataFrame, market: Market, days: pd.DatetimeIndex) -> Floats:
    """Return the share of each stock in the stocks' value, [R, N]."""
    own = positions[positions["date"].isin(days)]
    weights = np.zeros((len(days), len(market.codes)))
    row = days.get_indexer(pd.DatetimeIndex(own["date"]))
    column = pd.Index(market.codes).get_indexer(pd.Index(own["code"].astype(str)))
    np.add.at(weights, (row, column), own["value"].to_numpy(dtype=np.float64))
    total = weights.sum(axis=1, keepdims=True)
    shares: Floats = np.divide(weights, total, out=np.zeros_like(weights), where=total > 0)
    return shares


def _index_weights(result: Record, market: Market, rows: NDArray[np.int64]) -> Floats:
    """Return the weight of each member of the benchmark, [R, N]; NaN where members are unknown."""
    code = result.strategy.benchmark
    try:
        return index_weights(market, code).on(rows)
    except DataError:
        return np.full((len(rows), len(market.codes)), np.nan)


def _industries(
    market: Market,
    days: pd.DatetimeIndex,
    rows: NDArray[np.int64],
    book: Floats,
    index: Floats,
) -> pd.DataFrame:
    number, known = market.industry()
    own = np.asarray(number[rows], dtype=np.int64) if len(known) else np.full(book.shape, -1)
    tables = []
    for k in [*range(len(known)), -1]:
        inside = own == k
        shares = (book * inside).sum(axis=1), (index * inside).sum(axis=1)
        if not any(np.nan_to_num(one).any() for one in shares):
            continue
        names = known.iloc[k][["industry", "name_zh", "name_en"]].astype(str) if k >= 0 else None
        table = _table(days, "industry", _NONE if names is None else names["industry"], *shares)
        if names is not None:
            table = table.assign(name_zh=names["name_zh"], name_en=names["name_en"])
        tables.append(table)
    return pd.concat(tables, ignore_index=True)


def _table(
    days: pd.DatetimeIndex, kind: str, name: str, book: Floats, index: Floats
) -> pd.DataFrame:
    return pd.DataFrame(
        {"date": days, "kind": kind, "name": name, "name_zh": "", "name_en": "", "book": book,
         "index": index}
    )  # fmt: skip
