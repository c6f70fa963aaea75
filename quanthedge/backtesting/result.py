"""The result of a run: its record, and what can be asked of it."""

from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal, Self

import pandas as pd

from quanthedge.backtesting.card import result_card
from quanthedge.backtesting.positions import positions_on
from quanthedge.backtesting.risk_stage import fitted_risk, risk_model_of
from quanthedge.cards import Card, Carded
from quanthedge.door import guarded_methods
from quanthedge.errors import DataError
from quanthedge.interop import OtherShapes
from quanthedge.market import Market
from quanthedge.record import RunFolder, until
from quanthedge.risk import RiskModel
from quanthedge.typing import Edition, Language
from quanthedge.words import default_language

if TYPE_CHECKING:
    import plotly.graph_objects as go
    from statsmodels.regression.linear_model import RegressionResultsWrapper

    from quanthedge.factors import Factor
    from quanthedge.interop import AlphalensShape
    from quanthedge.performance import BookRisk, Summary

__all__ = ["Result"]


@guarded_methods
@dataclass(frozen=True, eq=False, repr=False, kw_only=True)
class Result(Carded, OtherShapes):
    """The record of a run, with its statistics, figures, report and folder at hand.

    Its tables and texts are those of :class:`quanthedge.record.Record`; whatever reads a record
    takes a result.

    Attributes
    ----------
    capacity : DataFrame, optional
        Table of :func:`quanthedge.capacity_curve` for a chapter of the report; not part of the run
        folder.

    Examples
    --------
    >>> import quanthedge as qh
    >>> market = qh.sample_market()
    >>> strategy = qh.load_strategy("market_neutral", ["selector.n=30"])
    >>> result = qh.backtest(strategy, market, "2014-09-17", "2014-12-31")
    >>> isinstance(result, qh.Result)
    True
    >>> result.returns.round(4).head(2).to_list()
    [-0.0042, -0.0043]
    >>> list(result.plots(language="en"))[:3]
    ['unit_value', 'drawdown', 'scatter']
    >>> result.plot("drawdown", language="en").layout.title.text
    'Drawdown over time'
    >>> result.positions_on("2014-12-31")[["kind", "weight"]].round(3).iloc[[0, -1]]
                  kind  weight
    code
    300017.SZ    stock   0.025
    IF1501     futures  -0.602
    """

    capacity: pd.DataFrame | None = None

    def card(self) -> Card:
        """Return what the run is, its few figures, and what to call next."""
        return result_card(self)

    @property
    def returns(self) -> pd.Series:
        """Daily returns of the fund net of everything, by date; named "net".

        Those before the fund's fees and those of the index:
        :func:`quanthedge.performance.daily_returns`.
        """
        from quanthedge.performance import daily_returns

        return daily_returns(self.ledger)["net"]

    def positions_on(self, day: Any, market: Market | None = None) -> pd.DataFrame:
        """Return what was held at the close of a day: stocks, the largest first, and contracts.

        Parameters
        ----------
        day : date
            A trading day of the run.
        market : Market, optional
            That of the run, by which days between those on record are rebuilt from the trades.

        Returns
        -------
        DataFrame
            Indexed by code: kind ("stock" or "futures"), name, quantity (shares; lots, below 0 sold
            short), price (last close; settlement), value (yuan; of a short contract below 0),
            weight (value over equity).

        Raises
        ------
        DataError
            The day is none of the run, is not on record and no market is given, or the market is
            another than the run's.
        """
        return positions_on(self, day, market)

    def summary(self) -> "Summary":
        """Statistics of the run: return, risk, neutrality, turnover, fees."""
        from quanthedge.performance import summary_of

        return summary_of(self)

    def bridge(
        self,
        by: Literal["day", "week", "month", "year", "whole"] = "whole",
        start: str | None = None,
        end: str | None = None,
    ) -> pd.DataFrame:
        """Where the change of equity came from: see :meth:`quanthedge.performance.Bridge.yuan`."""
        from quanthedge.performance import Bridge

        return Bridge(self).yuan(by, start, end)

    def attribution(
        self,
        by: Literal["layer", "brinson", "factor", "allocation"] = "layer",
        period: Literal["day", "week", "month", "year", "whole"] = "whole",
        start: str | None = None,
        end: str | None = None,
    ) -> pd.DataFrame:
        """Where the alpha of the bridge came from: :func:`quanthedge.attribution.attribution`."""
        from quanthedge.attribution import attribution

        return attribution(self, by, period, start, end)

    def risk(self, market: Market | None = None, horizon: int = 20) -> "BookRisk":
        """Risk of the hedged book as it was forecast at each rebalance, and what came.

        Parameters
        ----------
        market : Market, optional
            The market of the run. Without it the tables are those that the run kept
            (``risk_forecasts`` and ``risk_parts``: of a strategy with ``[risk]`` or an optimised
            selector, 20 days ahead).
        horizon : int
            Trading days of a forecast.

        Returns
        -------
        BookRisk
            forecasts, their parts, and a summary: bias, Q, MRAD with the band of noise.

        Raises
        ------
        DataError
            The market is another than the run's; the run kept no forecasts, or of another horizon,
            and no market is given; the members of an index whose future was sold are not known.
        """
        from quanthedge.performance import BookRisk, check_market

        if market is not None:
            check_market(self, market)
            model = risk_model_of(self.strategy) or RiskModel()
            found = BookRisk.tables(self, market, fitted_risk(market, model), horizon)
            return BookRisk(*found, BookRisk.summarised(found[0]))
        kept = self.risk_forecasts
        if not len(kept) or not (kept["horizon"] == horizon).all():
            has = f"those of {kept['horizon'].iloc[0]} days" if len(kept) else "none"
            raise DataError(
                f"risk: forecasts of {horizon} days are asked for, the run kept {has}; give the "
                "market of the run (a strategy with a section [risk] keeps those of 20 days)"
            )
        return BookRisk(kept, self.risk_parts, BookRisk.summarised(kept))

    def plot_bridge(
        self,
        start: str | None = None,
        end: str | None = None,
        *,
        investor: bool = False,
        language: Language | None = None,
    ) -> "go.Figure":
        """Return the waterfall of the bridge: see :func:`quanthedge.report.bridge_figure`."""
        from quanthedge.report import bridge_figure

        code = language or default_language()
        return bridge_figure(self, code, start=start, end=end, investor=investor)

    def limits(self) -> pd.DataFrame:
        """How near it came to each rule and limit: see :func:`quanthedge.limits.replay_limits`."""
        from quanthedge.limits import replay_limits

        return replay_limits(self)

    def plot(self, name: str = "unit_value", *, language: Language | None = None) -> "go.Figure":
        """Return a figure of the report by its name, interactive in a notebook.

        Parameters
        ----------
        name : str
            "unit_value", "drawdown", "monthly", "rolling", "exposure", "bridge", "hedge", "basis"
            and every other figure that the report of this run has: :meth:`plots` lists them.
        language : "zh" or "en", optional
            By default that of the environment.

        Raises
        ------
        DataError
            The run has no figure of this name; the message lists what there is.
        """
        from quanthedge.report import named_figure

        return named_figure(self, name, language or default_language())

    def plots(self, *, language: Language | None = None) -> dict[str, str]:
        """Return the titles of the figures of this run by the names that :meth:`plot` takes."""
        from quanthedge.report import figure_names

        return figure_names(self, language or default_language())

    def report(
        self,
        path: str | Path,
        language: Literal["zh", "en"] = "zh",
        others: Mapping[str, Any] | None = None,
        capacity: str | Path | pd.DataFrame | None = None,
        edition: Edition = "full",
        *,
        as_of: str | None = None,
        month: str | None = None,
        product: str | Path | Mapping[str, Any] | None = None,
    ) -> Path:
        """Write the report and return its path; .html, .pdf, .xlsx or .json chooses the format.

        ``others`` are products set beside the fund: see
        :func:`quanthedge.comparison.compare_funds`. ``capacity`` is the table of
        :func:`quanthedge.capacity_curve` or the CSV file of ``quanthedge capacity``; with it the
        report has a chapter on how much money the strategy carries. ``edition`` is "full", "client"
        (a few pages for investors) or "risk" (the chapters on risk). ``as_of`` is a day of the run
        that everything is stated as of, ``month`` (``YYYY-MM``) a month whose report it is.
        ``product`` are particulars for the paper: see :meth:`with_product`.

        Raises
        ------
        DataError
            When the ending or the edition is another, or the file cannot be written.
        """
        from quanthedge.report import write_by_ending

        run = self if capacity is None else self.with_capacity(capacity)
        run = run if product is None else run.with_product(product)
        return write_by_ending(
            run,
            path,
            language=language,
            others=others,
            capacity=run.capacity,
            edition=edition,
            as_of=as_of,
            month=month,
        )

    def until(self, day: Any) -> Self:
        """Return the result as it stood at the close of a day, or of the trading day before it.

        See :func:`quanthedge.record.until`.
        """
        return until(self, day)

    def with_product(self, product: str | Path | Mapping[str, Any]) -> "Result":
        """Return the result with particulars of the fund for its papers.

        Parameters
        ----------
        product : path or mapping
            A TOML file with the keys of the section ``[product]``, or the keys themselves; they
            take the place of those that the strategy gives, the others stay.

        Raises
        ------
        StrategyError
            A key is unknown, a value is wrong, or a file cannot be read.
        """
        from quanthedge.strategy import Particulars, read_particulars

        if isinstance(product, str | Path):
            given, origin = read_particulars(product), f"product {product}"
        else:
            given, origin = dict(product), "product"
        before = self.strategy.product or Particulars()
        changed = before.changed_by(given, origin)
        return self.changed(strategy=self.strategy.model_copy(update={"product": changed}))

    def with_capacity(self, capacity: str | Path | pd.DataFrame) -> "Result":
        """Return the result with a capacity table for its report.

        Raises
        ------
        DataError
            When the file is not such a table, or was made with another strategy or market.
        """
        from quanthedge.report import capacity_of_run

        return self.changed(capacity=capacity_of_run(capacity, self))

    def to_alphalens(
        self,
        market: Market,
        factor: "Factor | None" = None,
        price: Literal["open", "close"] = "open",
    ) -> "AlphalensShape":
        """Return scores, prices and industries: of its targets.

        The scores are worked out again from the strategy of the result.

        Parameters
        ----------
        market : Market
            That of the run.
        factor : Factor, optional
            Whose exposures are taken in place of the strategy's scores, as they come; both inside
            the strategy's universe at the closes of its decisions.
        price : "open" or "close"
            Of the day after a decision.

        Raises
        ------
        DataError
            The market is not that of the run, or nothing is scored.
        """
        from quanthedge.backtesting.past_scores import past_scores
        from quanthedge.interop import to_alphalens
        from quanthedge.performance import check_market

        check_market(self, market)
        rows, found = past_scores(self.strategy, market, self.targets["date"], factor)
        return to_alphalens(market, found, rows, price)

    def pro_forma_regression(
        self, market: Market, date: str | None = None, *, hac: bool = False
    ) -> "RegressionResultsWrapper":
        """Return statsmodels' results behind a pro-forma beta of the table ``hedge``.

        See :func:`quanthedge.interop.pro_forma_regression`; ``date`` is a recorded day, by default
        the last one.
        """
        from quanthedge.backtesting.hedge_leg import indices
        from quanthedge.interop import pro_forma_regression

        return pro_forma_regression(self, market, indices(self.strategy)[0], date, hac=hac)

    def to_parquet(self, folder: str | Path, *, overwrite: bool = False) -> Path:
        """Write the run folder, whole or not at all, and return its path.

        Files in the folder that are not a run's stay as they are. A folder that holds this very
        result is left alone.

        Parameters
        ----------
        folder : str or Path
        overwrite : bool
            Replace another run that the folder holds.

        Raises
        ------
        DataError
            When the folder holds another run and ``overwrite`` is not given, exists and is not a
            run folder, or cannot be written.
        """
        folder = Path(folder)
        with ThreadPoolExecutor(1, "statistics") as pool:  # beside the tables that are made now
            statistics = pool.submit(self.summary)
            RunFolder(folder).write(
                self, lambda: statistics.result().to_dict(), overwrite=overwrite
            )
        return folder

    @classmethod
    def open(cls, folder: str | Path) -> "Result":
        """Read a run folder written by :meth:`to_parquet`.

        Raises
        ------
        DataError
            When the folder is not a run folder, a part of it is missing, or anything in it was
            changed since it was written.
        """
        if not isinstance(folder, str | Path):
            raise DataError(f"Result.open: {folder!r} is no path of a run folder")
        return cls(**RunFolder(Path(folder)).read())
