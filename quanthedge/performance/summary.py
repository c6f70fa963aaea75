"""The statistics of a run as one ordered collection: return, exposure, trading, costs.

Those of risk stand in :mod:`quanthedge.performance.risk_measures`, names and formulas in
``measures.toml``.
"""

from weakref import WeakKeyDictionary

import pandas as pd

from quanthedge.ledger import line_names
from quanthedge.performance.active import excess_level, geometric_excess
from quanthedge.performance.book import LedgerFigures, refusals_by_reason
from quanthedge.performance.drawdown import Drawdowns
from quanthedge.performance.measures import MINIMUM_DAYS, MeasureWriter, Summary, Unit
from quanthedge.performance.relation import Pair
from quanthedge.performance.returns import (
    Every,
    annual_return,
    levels,
    period_return,
    period_returns,
    profit_loss_ratio,
    win_rate,
)
from quanthedge.performance.risk_free import risk_free_rate
from quanthedge.performance.risk_measures import add_risk
from quanthedge.record import Record

__all__ = ["summary", "summary_of"]

_PERIODS: tuple[Every, ...] = ("daily", "weekly", "monthly")


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
    writer = MeasureWriter(days=len(ledger) - 1)
    _period(writer, ledger)
    _returns(writer, ledger)
    add_risk(writer, ledger, risk_free)
    _neutrality(writer, ledger)
    _trading(writer, ledger, trades, refusals)
    _costs(writer, ledger)
    return Summary(writer.measures)


_kept: "WeakKeyDictionary[Record, Summary]" = WeakKeyDictionary()  # a record does not change


def summary_of(run: Record) -> Summary:
    """Return the statistics of a recorded run, at the risk-free rate that its strategy names."""
    if run not in _kept:
        rate = risk_free_rate(run.strategy.risk_free, run.ledger.index[1:])
        _kept[run] = summary(run.ledger, run.trades, run.refusals, risk_free=rate)
    return _kept[run]


def _period(writer: MeasureWriter, ledger: pd.DataFrame) -> None:
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
    before = float(last["unit_value_before_accrual"])
    writer.add("unit_value", before, "unit_value", variant="before_accrual")
    writer.add("unit_value", float(last["unit_value_gross"]), "unit_value", variant="gross")
    writer.add("high_water_mark", float(last["high_water_mark"]), "unit_value")
    writer.add("accrued_performance_fee", float(last["accrued_performance_fee"]), "yuan")


def _returns(writer: MeasureWriter, ledger: pd.DataFrame) -> None:
    writer.chapter = "return"
    level = levels(ledger)
    for basis in ("net", "gross", "index"):
        writer.add("return", period_return(level[basis]), "fraction", variant=basis)
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
    excess = Drawdowns(excess_level(level["net"], level["index"])).depth
    writer.add("excess_drawdown", float(excess.min()), "fraction")
    net = level["net"]
    for every in _PERIODS:
        rate = win_rate(period_returns(net, every))
        writer.add("win_rate", rate, "fraction", variant=every, reason="too_short")
    ratio = profit_loss_ratio(period_returns(net, "daily"))
    writer.add("profit_loss_ratio", ratio, "ratio", reason="one_sided")
    daily = period_returns(net, "daily")
    writer.add("best_day", float(daily.max()), "fraction", reason="too_short")
    writer.add("worst_day", float(daily.min()), "fraction", reason="too_short")


def _neutrality(writer: MeasureWriter, ledger: pd.DataFrame) -> None:
    writer.chapter = "neutrality"
    level = levels(ledger)
    pairs = {
        (basis, every): Pair.of(level[basis], level["index"], every)
        for basis in ("net", "gross")
        for every in _PERIODS
    }
    for formula, basis, estimator in (
        ("correlation_accrued", "net", Pair.correlation_bootstrap),
        ("correlation_before_fees", "gross", Pair.correlation_bootstrap),
        ("beta", "net", Pair.beta_hac),
    ):
        for every in _PERIODS:
            found = estimator(pairs[basis, every])
            few = found.observations < Pair.FEWEST
            writer.add(
                formula,
                None if few else found.value,
                "coefficient",
                variant=every,
                estimate=found,
                reason="too_few" if few else "no_variation",
            )
    inside, held = ledger.iloc[1:], LedgerFigures(ledger).exposures()
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
    writer: MeasureWriter, ledger: pd.DataFrame, trades: pd.DataFrame, refusals: pd.DataFrame
) -> None:
    writer.chapter = "trading"
    inside = ledger.iloc[1:]
    turnover = LedgerFigures(ledger).annual_turnover()
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


def _costs(writer: MeasureWriter, ledger: pd.DataFrame) -> None:
    writer.chapter = "costs"
    table = LedgerFigures(ledger).costs()
    groups = {
        **{line: [line] for line in line_names("cost")},
        "trading_costs": list(line_names("cost")),
        **{line: [line] for line in line_names("fee")},
        "fund_fees": list(line_names("fee")),
        "costs_and_fees": [*line_names("cost"), *line_names("fee")],
    }
    for name, lines in groups.items():
        paid = table.loc[lines].sum(skipna=False)
        writer.add("paid", float(paid["yuan"]), "yuan", variant=name)
        yearly = float(paid["per_year"])
        writer.add("paid_per_year", yearly, "fraction", variant=name, least_days=MINIMUM_DAYS)
    writer.add("interest", float(ledger["interest"].iloc[1:].sum()), "yuan")
