"""The regressions behind the betas of a run, as results of statsmodels.

Slope, error and 95% interval are those that the summary prints
(:meth:`quanthedge.performance.Pair.beta_hac`); what statsmodels knows about a fit beyond them
(residuals, influence, tests, its printed table) is at hand.
"""

from typing import TYPE_CHECKING, Literal

import numpy as np
import pandas as pd

from quanthedge.beta import index_returns
from quanthedge.documents import asked_day
from quanthedge.errors import DataError
from quanthedge.market import Market
from quanthedge.performance import Pair, check_market, levels, period_returns
from quanthedge.record import Record

if TYPE_CHECKING:
    from statsmodels.regression.linear_model import RegressionResultsWrapper

__all__ = ["pro_forma_regression", "regression"]

_FREQUENCIES = ("daily", "weekly", "monthly")
_BASES = ("net", "gross")


def regression(
    record: Record,
    freq: Literal["daily", "weekly", "monthly"] = "daily",
    *,
    hac: bool = True,
    basis: Literal["net", "gross"] = "net",
) -> "RegressionResultsWrapper":
    """Return the regression of the fund's returns on those of its benchmark.

    Parameters
    ----------
    record : Record
    freq : "daily", "weekly" or "monthly"
    hac : bool
        Whether errors and intervals are those of the summary, which allow for autocorrelation, and
        p-values of the same errors with Student's t; otherwise plain least squares.
    basis : "net" or "gross"
        After all fees of the fund, or before them.

    Returns
    -------
    statsmodels.regression.linear_model.RegressionResultsWrapper
        Coefficients ``alpha`` (a return a period, not a year) and ``beta``.

    Raises
    ------
    DataError
        Another frequency or basis; fewer than ten pairs of returns, or an index that stands still.
    """
    if freq not in _FREQUENCIES:
        raise DataError(f"regression: freq {freq!r}; accepted: {', '.join(_FREQUENCIES)}")
    if basis not in _BASES:
        raise DataError(f"regression: basis {basis!r}; accepted: {', '.join(_BASES)}")
    level = levels(record.ledger)
    own, index = (period_returns(level[name], freq) for name in (basis, "index"))
    return _fitted(own, index, Pair.FEWEST, "fund", f"{freq} returns", hac=hac)


def pro_forma_regression(
    record: Record,
    market: Market,
    index: str,
    date: str | None = None,
    *,
    window: int = 60,
    least: int = 40,
    hac: bool = False,
) -> "RegressionResultsWrapper":
    """Return the regression of the past returns of a day's holdings on the hedged index.

    Parameters
    ----------
    record : Record
    market : Market
        That of the run.
    index : str
        Code of the index.
    date : str, optional
        A recorded day (the table ``hedge``); the last one by default.
    window, least : int
        Trading days up to the close before, and those needed.
    hac : bool
        As of :func:`regression`; the table ``hedge`` has plain errors.

    Notes
    -----
    What the hedge of the day could know: the shares after its trades at the prices of the close
    before, as fixed weights, and returns up to that close. A stock that did not trade returned 0
    (:func:`quanthedge.beta.book_betas`).

    Raises
    ------
    DataError
        The market is not that of the run, nothing is on record for the day, or too few days.
    """
    check_market(record, market)
    days = pd.DatetimeIndex(record.positions["date"].unique())
    if not len(days):
        raise DataError("pro_forma_regression: the run never held a stock")
    try:
        day = days[-1] if date is None else pd.Timestamp(asked_day(date))
    except DataError as error:
        raise DataError(f"pro_forma_regression: {error}") from error
    held = record.positions[record.positions["date"] == day]
    if not len(held):
        raise DataError(
            f"pro_forma_regression: no holdings on record on {day:%Y-%m-%d}; recorded are "
            f"{len(days)} days from {days[0]:%Y-%m-%d} to {days[-1]:%Y-%m-%d}, see result.hedge"
        )
    row = market.day(day.to_datetime64().astype("datetime64[D]")) - 1  # what the hedge knew
    span = slice(max(0, row - window + 1), row + 1)
    columns = [market.column(code) for code in held["code"]]
    returns = np.nan_to_num(np.asarray(market.panel("simple_return")[span][:, columns]))
    worth = np.nan_to_num(held["shares"].to_numpy() * market.panel("mark")[row, columns])
    dates = pd.DatetimeIndex(market.dates[span].astype("datetime64[ms]"), name="date")
    own = pd.Series(returns @ worth / worth.sum(), dates)
    other = pd.Series(index_returns(market, index)[span], dates)
    return _fitted(
        own, other, least, "holdings", f"returns of the holdings of {day:%Y-%m-%d}", hac=hac
    )


def _fitted(
    own: pd.Series, index: pd.Series, least: int, name: str, told: str, *, hac: bool
) -> "RegressionResultsWrapper":
    """Return the fit of one series of returns on the other."""
    from statsmodels.regression.linear_model import OLS

    from quanthedge.interop.robust_results import robust_results

    both = pd.DataFrame({"own": own, "beta": index}).dropna()
    if len(both) < least or not both["beta"].var() > 0.0:
        raise DataError(
            f"regression: {len(both)} {told} beside an index that moves; {least} are needed"
        )
    exog = pd.DataFrame({"alpha": 1.0, "beta": both["beta"]}, index=both.index)
    model = OLS(pd.Series(both["own"], name=name), exog)
    return robust_results(model) if hac else model.fit()
