"""Evidence of factors: what they ranked, and what a hedged fund would have earned by them."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import Any, Literal

import numpy as np
import pandas as pd

from quanthedge.cards import Card, Carded
from quanthedge.errors import StrategyError
from quanthedge.evaluation import tables
from quanthedge.evaluation.card import evaluation_card
from quanthedge.evaluation.evidence import NAIVE, Evidence, Setting, collect
from quanthedge.evaluation.given import (
    Evaluated,
    Universes,
    check_labels,
    given_factors,
    given_universes,
)
from quanthedge.evaluation.hedge_leg import hedge_returns
from quanthedge.evaluation.regimes import Regime, regimes_of
from quanthedge.evaluation.significance import LAGS, mean_test
from quanthedge.evaluation.tried import check_tried, count_tried, trial_of
from quanthedge.labelling import Labels
from quanthedge.operators import rolling_beta
from quanthedge.progress import telling
from quanthedge.rules import TRADING_DAYS_A_YEAR, index_of
from quanthedge.storage import write_page
from quanthedge.trials import Trial
from quanthedge.typing import Bools, Floats, Language

__all__ = ["Evaluation", "evaluate"]

_BETA_DAYS = TRADING_DAYS_A_YEAR
_BETA_SHARE = 0.4
Neutral = Literal["industry", "size"]


@dataclass(frozen=True, eq=False, repr=False)
class Evaluation(Carded):
    """Tables of what factors ranked and earned; each is a DataFrame that says what it is of.

    Every table has ``universe`` and ``factor`` in front, and in its ``attrs`` the first and last
    day, the number of decisions, the label, cost, hedge and what was tried.

    Attributes
    ----------
    factors : Evaluated
    labels : Labels
    universes : dict of str to Evidence
        The series behind the tables.
    hedge : str or None
    hedge_returns : float64 [R]
        NaN without a hedge, and before its future was traded.
    beta : float or "book"
        How much of the future is held against a yuan of the long leg.
    cost_bp : float
        Of each purchase and each sale.
    neutral, accepted : tuple of str
    tried, lags : int
    industries : tuple of dict
        Names of the industries in both languages.
    """

    factors: Evaluated
    labels: Labels
    universes: dict[str, Evidence]
    hedge: str | None
    hedge_returns: Floats
    beta: float | Literal["book"]
    cost_bp: float
    neutral: tuple[str, ...]
    accepted: tuple[str, ...]
    tried: int
    lags: int
    industries: tuple[dict[Language, str], ...]
    apart: int = 1
    notes: tuple[str, ...] = ()
    _kept: dict[tuple[Any, ...], pd.DataFrame] = field(default_factory=dict, repr=False)

    def card(self) -> Card:
        """Return the first of the ranking, and what to call next."""
        return evaluation_card(self)

    @cached_property
    def per_year(self) -> float:
        """How many labels make a year of 243 trading days, by the days between entry and sale."""
        inside = self.labels.ends < len(self.labels.market.dates)
        held = (self.labels.ends - self.labels.begins)[inside]
        return TRADING_DAYS_A_YEAR / float(held.mean()) if held.size else float("nan")

    @cached_property
    def states(self) -> list[Regime]:
        """States of the market around each decision; none without a hedge."""
        return [] if self.hedge is None else regimes_of(self.labels, self.hedge)

    def screening(self) -> pd.DataFrame:
        """Return a row for each factor, by the t of its IC: what many are looked through for.

        Costs next to nothing beyond the call of :func:`quanthedge.evaluate`, as :meth:`quantiles`
        does; whatever else is asked for is worked out then.

        Returns
        -------
        DataFrame
            ``family``, ``sign``, ``months``, ``first``, ``last``, ``coverage``, ``ic``, ``icir``,
            ``t``, ``p``, ``q``, ``executable_ic``, ``spread``, ``spread_t``, ``turnover`` and
            ``autocorrelation``, as in :meth:`table`.
        """
        return self._made(tables.screening)

    def table(self) -> pd.DataFrame:
        """Return the ranking: a row for each factor, by the long leg after cost less the hedge.

        Without a hedge it goes by the long leg after cost less the universe.

        Returns
        -------
        DataFrame
            ``family``, ``sign``, ``months`` (decisions with a label), ``first`` and ``last`` day
            of entry, ``coverage``; ``ic`` (rank correlation with the naive return), ``icir``, ``t``
            (Newey-West), ``p`` (fixed-b) and ``q`` (Benjamini-Yekutieli over all that was tried);
            ``neutral_ic``, ``neutral_t``; ``executable_ic``; ``spread`` (top less bottom quantile)
            and ``spread_t``; ``long_gross``, ``long_net`` (top quantile less the universe, before
            and after cost), ``long_minus_hedge`` over ``hedged_months`` and ``hedged_t``;
            ``neutral_long`` (top quantile of the neutral ranks less the universe); ``turnover``
            (bought and sold, in books); ``autocorrelation``; ``half_life`` (trading days);
            ``worst_year`` and what it earned; ``vif``; ``incremental_ic``, ``incremental_t``.
            Returns, turnover and cost are a year.
        """
        return self._made(tables.ranking)

    def years(self) -> pd.DataFrame:
        """Return IC and legs by the calendar year of entry; legs are sums of the year."""
        return self._made(tables.years)

    def groups(self, language: Language = "en") -> pd.DataFrame:
        """Return the executable IC inside size terciles and industries, and industries' tilts."""
        return self._made(tables.groups, language)

    def decay(self) -> pd.DataFrame:
        """Return the IC with the naive return of disjoint windows after the decision."""
        return self._made(tables.decay)

    def legs(self, factor: str | None = None) -> pd.DataFrame:
        """Return the long leg by decision: returns, cost, hedge."""
        return self._made(tables.legs, *self._places(factor))

    def quantiles(self) -> pd.DataFrame:
        """Return the mean return of each quantile a year, naive and earned, 1 the lowest."""
        return self._made(tables.quantiles)

    def regimes(self) -> pd.DataFrame:
        """Return IC and legs by the state of the market."""
        return self._made(tables.regimes)

    def vif(self) -> pd.DataFrame:
        """Return variance inflation, and the factor that each is most like."""
        return self._made(tables.inflation)

    def incremental(self) -> pd.DataFrame:
        """Return what each factor adds to those accepted."""
        return self._made(tables.incremental)

    def executable(self, language: Language = "en") -> pd.DataFrame:
        """Return what the top quantile lost against its naive return, by reason."""
        return self._made(tables.executable, language)

    def turnover(self) -> pd.DataFrame:
        """Return what was bought and sold, what it cost, and how ranks persist."""
        return self._made(tables.turnover)

    def fills(self) -> pd.DataFrame:
        """Return which share of the top quantile was bought, and sold on the planned day."""
        return self._made(tables.fills)

    def correlation(self, universe: str | None = None) -> pd.DataFrame:
        """Return the mean rank correlation of the factors."""
        found = self.universes[self._universe(universe)].correlation
        return pd.DataFrame(found, index=self.factors.names, columns=self.factors.names)

    def sheet(
        self, factor: str, path: str | Path, language: Language = "zh", universe: str | None = None
    ) -> Path:
        """Write a factor's sheet, one HTML page that needs nothing else; return its path."""
        from quanthedge.evaluation.pages import write_sheet

        k = self._places(factor)[0]
        return write_sheet(self, k, self._universe(universe), Path(path), language)

    def to_html(self, path: str | Path, language: Language = "zh", links: bool = False) -> Path:
        """Write the ranking of all factors as one HTML page; return its path.

        Parameters
        ----------
        path : str or Path
        language : "zh" or "en"
        links : bool
            Whether factors lead to sheets beside the page, as :meth:`write` makes them.
        """
        from quanthedge.evaluation.pages import write_ranking

        return write_ranking(self, Path(path), language, links=links)

    def write(
        self,
        folder: str | Path,
        languages: Sequence[Language] = ("zh", "en"),
        write: Callable[[Path, str, str], None] | None = None,
    ) -> list[Path]:
        """Write the ranking, a sheet for each factor and all tables as CSV; return the files.

        Parameters
        ----------
        folder : str or Path
        languages : sequence of "zh" and "en"
        write : callable, optional
            Takes path, content and what it is; by default a file that is there is replaced whole.
        """
        from quanthedge.evaluation.pages import write_all

        return write_all(self, Path(folder), tuple(languages), write or write_page)

    def all_tables(self) -> dict[str, pd.DataFrame]:
        """Return every table by name."""
        return {
            "ranking": self.table(), "years": self.years(), "groups": self.groups(),
            "decay": self.decay(), "legs": self.legs(), "quantiles": self.quantiles(),
            "regimes": self.regimes(), "vif": self.vif(), "incremental": self.incremental(),
            "executable": self.executable(), "turnover": self.turnover(), "fills": self.fills(),
        }  # fmt: skip

    def _made(self, make: Callable[..., pd.DataFrame], *values: Any) -> pd.DataFrame:
        """Return a copy of a table, worked out when it is first asked for."""
        key = (make.__name__, *values)
        if key not in self._kept:
            self._kept[key] = make(self, *values)
        return self._kept[key].copy()

    def _places(self, factor: str | None) -> list[int]:
        if factor is None:
            return list(range(len(self.factors.names)))
        if factor not in self.factors.names:
            some = ", ".join(self.factors.names[:8])
            raise StrategyError(f"factor {factor!r} is not in the evaluation; there are {some}")
        return [self.factors.names.index(factor)]

    def _universe(self, universe: str | None) -> str:
        if universe is None:
            return next(iter(self.universes))
        if universe not in self.universes:
            raise StrategyError(
                f"universe {universe!r}; the evaluation has {', '.join(self.universes)}"
            )
        return universe


def evaluate(
    factors: Any,
    labels: Labels,
    *,
    universe: Universes = None,
    neutral: Sequence[Neutral] = ("industry", "size"),
    neutral_weights: Literal["equal", "sqrt_size"] = "equal",
    cost_bp: float = 15.0,
    hedge: str | None = "IF",
    beta: float | Literal["book"] = 1.0,
    accepted: Sequence[str] = (),
    quantiles: int = 10,
    fewest: int = 30,
    tried: int | None = None,
    lags: int = LAGS,
) -> Evaluation:
    """Return the evidence of factors: rank correlations, quantiles, the long leg and its hedge.

    Parameters
    ----------
    factors
        A FactorPanel on the rows of the labels; factors or their kinds; a table of dates x codes, a
        Series by date and code, an array [R, N], or a mapping of names to these. Signs of factors
        are applied; tables are held to pay where they are high.
    labels : Labels
        Of :func:`quanthedge.labels`.
    universe : Universe, bool [R, N], or a mapping of names to these
        All stocks that pass the usual filters by default.
    neutral : of "industry" and "size"
        What is taken out of ranks for the neutral figures, by regression each day.
    neutral_weights : "equal" or "sqrt_size"
        Of that regression.
    cost_bp : float
        Of each purchase and each sale, basis points of the amount. Labels that carry costs
        themselves need 0.
    hedge : str or None
        Future held against the long leg: IF, IH, IC, IM; None for none.
    beta : float or "book"
        Yuan of the future against a yuan of the leg; "book" takes the leg's own beta to the index
        at each decision, from a year of days.
    accepted : sequence of str
        Factors of this evaluation that are accepted already: what does each add to them?
    quantiles, fewest : int
        Quantiles of a cross-section, and the stocks that it needs.
    tried : int, optional
        What was tried on these data in all, a factor in a universe being one; q is reckoned over
        them. By default the registry of trials is asked: the evaluations and backtests on days that
        overlap, these ones included. The trials are written down either way.
    lags : int
        Of Newey and West's errors; more where labels overlap.

    Returns
    -------
    Evaluation

    Raises
    ------
    StrategyError, DataError
        Labels that do not belong to their rows, factors of another shape, objects, infinities,
        nothing but NaN, an unknown universe or hedge.

    Examples
    --------
    >>> import quanthedge as qh
    >>> market = qh.sample_market()
    >>> factors = [qh.factors.Reversal(), qh.factors.BookYield()]
    >>> found = qh.evaluate(factors, qh.labels(market))
    >>> found.table()[["ic", "t", "long_minus_hedge"]].round(3)
                            ic      t  long_minus_hedge
    universe factor
    all      reversal    0.012  0.797             0.038
             book_yield  0.012  0.541            -0.021
    """
    check_labels(labels)
    _check(cost_bp, quantiles, fewest, lags, neutral, beta, labels)
    given = given_factors(factors, labels)
    masks = given_universes(universe, labels)
    check_tried(len(given.names) * len(masks), tried)
    setting = Setting(
        tuple(neutral), neutral_weights, quantiles, fewest, _apart(labels),
        _accepted(accepted, given),
    )  # fmt: skip
    hedged = np.full(len(labels.rows), np.nan) if hedge is None else hedge_returns(labels, hedge)
    industries, names = _industries(labels, "industry" in neutral)
    betas = _betas(labels, hedge if beta == "book" else None)
    universes = _collected(given, labels, masks, industries, betas, setting)
    lags = max(lags, setting.apart)
    trials = _trials(given, labels, masks, universes, lags)
    return Evaluation(
        factors=given, labels=labels, universes=universes, hedge=hedge, hedge_returns=hedged,
        beta=beta, cost_bp=cost_bp, neutral=tuple(neutral), accepted=tuple(accepted),
        tried=count_tried(labels, trials, tried), lags=lags, industries=names,
        apart=setting.apart, notes=given.notes,
    )  # fmt: skip


def _collected(
    given: Evaluated, labels: Labels, masks: dict[str, Bools], industries: Any, betas: Floats,
    setting: Setting,
) -> dict[str, Evidence]:  # fmt: skip
    size = _size(labels)
    found: dict[str, Evidence] = {}
    with telling("evaluate", total=len(masks)) as tell:
        for name, mask in masks.items():
            tell(name, done=len(found))
            found[name] = collect(given, labels, mask, industries, size, betas, setting)
    return found


def _trials(
    given: Evaluated, labels: Labels, masks: dict[str, Bools], universes: dict[str, Evidence],
    lags: int,
) -> list[Trial]:  # fmt: skip
    return [
        trial_of(
            given.names[k], given.what[k], name, masks[name], labels,
            mean_test(found.ic[k, NAIVE], lags).p,
        )
        for name, found in universes.items()
        for k in range(len(given.names))
    ]  # fmt: skip


def _check(
    cost_bp: float, quantiles: int, fewest: int, lags: int, neutral: Sequence[str],
    beta: float | str, labels: Labels,
) -> None:  # fmt: skip
    if not 0 <= cost_bp < 10_000:
        raise StrategyError(f"evaluate: cost_bp {cost_bp!r}; accepted: 0 to 10000 basis points")
    if cost_bp and labels.executable and labels.charged:
        raise StrategyError(
            f"evaluate: cost_bp {cost_bp:g} beside labels that carry {labels.cost}; costs would be "
            "charged twice: give cost_bp=0, or labels without costs"
        )
    if quantiles < 2 or fewest < 3 or lags < 0:
        raise StrategyError(
            f"evaluate: quantiles {quantiles}, fewest {fewest}, lags {lags}; accepted: 2 or more, "
            "3 or more, 0 or more"
        )
    if set(neutral) - {"industry", "size"} or isinstance(neutral, str):
        raise StrategyError(f"evaluate: neutral {neutral!r}; accepted: of industry and size")
    if beta != "book" and (isinstance(beta, str) or not np.isfinite(beta)):
        raise StrategyError(f"evaluate: beta {beta!r}; accepted: a number, or 'book'")


def _accepted(accepted: Sequence[str], given: Evaluated) -> tuple[int, ...]:
    unknown = [name for name in accepted if name not in given.names]
    if unknown or isinstance(accepted, str):
        raise StrategyError(
            f"accepted: {unknown or accepted}; accepted are names of the factors evaluated: "
            f"{', '.join(given.names[:8])}"
        )
    return tuple(given.names.index(name) for name in accepted)


def _apart(labels: Labels) -> int:
    """Return how many decisions lie between a book and the one whose money it takes."""
    if labels.horizon == "next" or len(labels.rows) < 2:
        return 1
    return max(1, round(labels.horizon / float(np.diff(labels.rows).mean())))


def _industries(labels: Labels, needed: bool) -> tuple[Any, tuple[dict[Language, str], ...]]:
    """Return each stock's industry by decision, and the industries' names."""
    if not needed and not labels.market.has("industry"):
        none = np.full((len(labels.rows), len(labels.market.codes)), -1, dtype=np.int16)
        return none, ()
    numbers, names = labels.market.industry()
    told: list[dict[Language, str]] = [
        {"en": str(one.name_en), "zh": str(one.name_zh)} for one in names.itertuples()
    ]
    return numbers[labels.rows], tuple(told)


def _size(labels: Labels) -> Floats:
    market = labels.market
    value = market.panel("mark")[labels.rows] * market.panel("total_shares")[labels.rows]
    return np.asarray(np.where(value > 0, value, np.nan))


def _betas(labels: Labels, product: str | None) -> Floats:
    """Return each stock's beta to the index behind the hedge; NaN where it is not asked for."""
    market = labels.market
    if product is None:
        return np.full((len(labels.rows), len(market.codes)), np.nan)
    close = market.index_close(index_of(product))
    index = np.full(len(close), np.nan)
    index[1:] = close[1:] / close[:-1] - 1.0
    returns = market.panel("simple_return")
    found = rolling_beta(returns, index, _BETA_DAYS, min_share=_BETA_SHARE, rows=labels.rows)
    return np.asarray(found)
