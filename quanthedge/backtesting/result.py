"""The result of a run: its tables, its statistics, and the folder it is kept in."""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

import pandas as pd

from quanthedge.errors import DataError

if TYPE_CHECKING:
    import plotly.graph_objects as go

    from quanthedge.comparison import RunVariant
    from quanthedge.performance import Summary

__all__ = ["Result"]


@dataclass(frozen=True)
class Result:
    """Everything a run produced.

    Attributes
    ----------
    ledger : DataFrame
        One row a day, indexed by date; the first row is the day before the first trading day.
        Yuan, see docs/ledger.md.
    trades, refusals, positions : DataFrame
        Orders done, orders not done and why, holdings on the recorded days (with their state at the
        close: traded, suspended, limit_up, limit_down).
    contracts : DataFrame
        Futures held at each close, a row for each contract.
    restated : DataFrame
        Holdings stated off their last close because they did not trade: date, code, shares,
        last_close, stated_value (yuan a share), adjustment_yuan; a row for each close.
    hedge : DataFrame
        Each recorded day's hedge: ex-ante beta of the book, its standard error, contract and lots.
    targets, exclusions, coverage : DataFrame
        What the selector wanted, what the universe left out and why, how much of it each factor
        covers.
    rules : DataFrame
        Rows of the rule book that were used, with confidence and sources.
    alpha_groups : DataFrame
        Alpha over the run and weight at its end by industry and by layer of market value.
    alpha_parts : DataFrame
        Each day's alpha by broad market, industry, styles and specific, yuan; without columns when
        the strategy has no style model.
    tilts : DataFrame
        Exposures of the book and of the benchmark to styles and industries at the end of each
        quarter; see :func:`quanthedge.performance.tilts.tilt_table`.
    indices : DataFrame
        Closes of the market's indices, dates x codes.
    investors, investor_values, investor_lots : DataFrame
        What happened to each investor, what he would have got on each event day, and his lots at
        the end; empty without clients.
    class_values : DataFrame
        Each class of units at every close: units, assets, unit value, cumulative unit value, unit
        value after the fee that would be due; see docs/fund.md.
    investor_days : DataFrame
        At every close what each investor would get if he left and the fee accrued on his units;
        empty without clients.
    unit_values : DataFrame
        Unit values of the products that the strategy names for comparison: product, date, value.
    strategy : dict
        The strategy with every default written out.
    market_info, versions : dict
        Name, fingerprint and span of the market; versions of the packages that computed.
    timeline : dict
        What is known when, as printed by the run; keys en and zh.
    notes : list of dict
        Data repairs and assumptions that a reader must know; keys kind, en and zh.
    variants : dict of RunVariant
        Ledgers of the variants that were run beside it, by name.
    request : dict
        What was asked for beyond strategy, market and dates: the variants, a digest of the unit
        values of products, a digest of the code that ran, digests of the user's own code.
    own_code : dict
        Texts of the user's own code that the strategy names, by file.
    capacity : DataFrame, optional
        Table of :func:`quanthedge.capacity_curve` for a chapter of the report; not part of the run
        folder.
    """

    ledger: pd.DataFrame
    trades: pd.DataFrame
    refusals: pd.DataFrame
    positions: pd.DataFrame
    contracts: pd.DataFrame
    restated: pd.DataFrame
    hedge: pd.DataFrame
    targets: pd.DataFrame
    exclusions: pd.DataFrame
    coverage: pd.DataFrame
    rules: pd.DataFrame
    alpha_groups: pd.DataFrame
    alpha_parts: pd.DataFrame
    tilts: pd.DataFrame
    indices: pd.DataFrame
    investors: pd.DataFrame
    investor_values: pd.DataFrame
    investor_lots: pd.DataFrame
    class_values: pd.DataFrame
    investor_days: pd.DataFrame
    unit_values: pd.DataFrame
    strategy: dict[str, Any]
    market_info: dict[str, Any]
    versions: dict[str, str]
    timeline: dict[str, str]
    notes: list[dict[str, str]] = field(default_factory=list)
    variants: "dict[str, RunVariant]" = field(default_factory=dict)
    request: dict[str, Any] = field(default_factory=dict)
    own_code: dict[str, str] = field(default_factory=dict)
    capacity: pd.DataFrame | None = None

    @cached_property
    def _summary(self) -> "Summary":
        from quanthedge.performance import risk_free_rate, summary

        rate = risk_free_rate(self.strategy.get("risk_free", 0.0), self.ledger.index[1:])
        return summary(self.ledger, self.trades, self.refusals, risk_free=rate)

    def summary(self) -> "Summary":
        """Statistics of the run: return, risk, neutrality, turnover, fees."""
        return self._summary

    def bridge(
        self,
        by: Literal["day", "week", "month", "year", "whole"] = "whole",
        start: str | None = None,
        end: str | None = None,
    ) -> pd.DataFrame:
        """Where the change of equity came from: see :func:`quanthedge.performance.bridge`."""
        from quanthedge.performance import bridge

        return bridge(self, by, start, end)

    def plot_bridge(
        self,
        start: str | None = None,
        end: str | None = None,
        *,
        investor: bool = False,
        language: Literal["zh", "en"] = "en",
    ) -> "go.Figure":
        """Return the waterfall of the bridge: see :func:`quanthedge.report.bridge_figure`."""
        from quanthedge.report import bridge_figure

        return bridge_figure(self, language, start=start, end=end, investor=investor)

    def limits(self) -> pd.DataFrame:
        """How near it came to each rule and limit: see :func:`quanthedge.limits.replay_limits`."""
        from quanthedge.limits import replay_limits

        return replay_limits(self)

    def plot(self) -> "go.Figure":
        """Return the unit value gross and net beside the index, as an interactive figure."""
        from quanthedge.report import unit_value_figure

        return unit_value_figure(self.ledger)

    def report(
        self,
        path: str | Path,
        language: Literal["zh", "en"] = "zh",
        others: "Mapping[str, Any] | None" = None,
        capacity: "str | Path | pd.DataFrame | None" = None,
    ) -> Path:
        """Write the report and return its path; .html, .pdf, .xlsx or .json chooses the format.

        ``others`` are products set beside the fund: see
        :func:`quanthedge.comparison.compare_funds`. ``capacity`` is the table of
        :func:`quanthedge.capacity_curve` or the CSV file of ``quanthedge capacity``; with it the
        report has a chapter on how much money the strategy carries.

        Raises
        ------
        DataError
            When the ending is another, or the file cannot be written.
        """
        from quanthedge.report import write_html, write_numbers, write_pdf, write_workbook

        writers = {
            ".html": write_html,
            ".pdf": write_pdf,
            ".xlsx": write_workbook,
            ".json": write_numbers,
        }
        ending = Path(path).suffix.lower()
        if ending not in writers:
            raise DataError(f"{path}: report in {ending!r}; accepted: {', '.join(writers)}")
        run = self if capacity is None else self.with_capacity(capacity)
        written: Path = writers[ending](run, path, language=language, others=others)
        return written

    def with_capacity(self, capacity: "str | Path | pd.DataFrame") -> "Result":
        """Return the result with a capacity table for its report.

        Raises
        ------
        DataError
            When the file is not such a table, or was made with another strategy or market.
        """
        from quanthedge.report.capacity import capacity_of_run

        return replace(self, capacity=capacity_of_run(capacity, self))

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
        from quanthedge.record.folder import write_run

        folder = Path(folder)
        write_run(self, folder, overwrite=overwrite)
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
        from quanthedge.record.folder import read_run

        if not isinstance(folder, str | Path):
            raise DataError(f"Result.open: {folder!r} is no path of a run folder")
        return cls(**read_run(Path(folder)))
