"""Walk-forward: in each period the variant rules that was the best of the past, in one fund.

Each variant's own ledger runs over the whole span, as in a sweep. A period's ruler is the variant
whose net returns up to the close before the period's first day were the best; its first decision is
made at that close. The fund itself is one ledger: positions, cash, margin, high-water mark and open
orders go over from one ruler to the next, and a change of ruler is traded and paid for.

References
----------
Pardo, R. (2008), "The evaluation and optimization of trading strategies", 2nd ed., chapter 11.
Bailey, D., Borwein, J., Lopez de Prado, M., Zhu, Q. (2014), "Pseudo-mathematics and financial
charlatanism", Notices of the AMS 61(5), on what an optimum in sample is worth out of sample.
"""

import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, fields
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import pandas as pd
from pydantic import BaseModel, ConfigDict, Field, ValidationError

from quanthedge.backtesting import (
    Prepared,
    Result,
    Ruler,
    asked,
    check_one_fund,
    complete,
    prepare,
    spliced,
    trial_of,
)
from quanthedge.batch.grid import Sets, grid_of, told
from quanthedge.batch.store import Entry, Store
from quanthedge.batch.store.whole import entry_of
from quanthedge.batch.variant import Job, Outcome, Variant
from quanthedge.batch.walk_choice import FIGURES, Choice, check_reach, choices, table_of_choices
from quanthedge.batch.work import remember_market, run_job
from quanthedge.errors import DataError, StrategyError
from quanthedge.kinds import OwnCode
from quanthedge.market import Market
from quanthedge.storage import PlainFile, write_page
from quanthedge.strategy import Strategy, load_strategy
from quanthedge.trials import Trial, count, digest, record
from quanthedge.words import sentence, texts

if TYPE_CHECKING:
    from quanthedge.batch.plan import Plan
    from quanthedge.batch.sweeping import Sweep

__all__ = [
    "WalkForward",
    "walk_forward",
]

TABLE: Final = "walk_forward.csv"
_PLAN: Final = "walk_forward.json"
_LARGEST = 20_000_000  # bytes of a plan
_FEWEST_DAYS = 20  # of a window that a variant is chosen by
_SHOWN = 8  # rulers that the note names


class WalkPlan(BaseModel):
    """What a walk-forward run chose among, and how: enough to make it again.

    ``changes`` are the variants', in the order of the grid; days are trading days.
    """

    model_config = ConfigDict(extra="forbid", frozen=True, allow_inf_nan=False)

    changes: list[dict[str, Any]] = Field(min_length=1)
    start: str | None
    end: str | None
    train_days: int
    step_days: int
    embargo_days: int
    by: str


@dataclass(frozen=True, eq=False, repr=False, kw_only=True)
class WalkForward(Result):
    """The result of a walk-forward run: one ledger, and who ruled when.

    Attributes
    ----------
    walk_forward : DataFrame
        A row a period: start, end, days, variant (what it has of its own), key (of its run), past
        (the figure it was chosen by, over window_start to window_end), past_median (of all that
        could be chosen, candidates of them), own (the same figure of the fund in the period),
        alone (of the variant's own ledger in the period), best_after and median_after (of all
        variants' own ledgers in the period), rank_after (of the chosen one among them, 1 the
        best).
    walk_plan : WalkPlan
        What it chose among, and how.
    """

    walk_forward: pd.DataFrame
    walk_plan: WalkPlan

    def to_parquet(self, folder: str | Path, *, overwrite: bool = False) -> Path:
        """Write the run folder, with ``walk_forward.csv`` and ``.json`` beside; return its path.

        Errors are those of :meth:`quanthedge.Result.to_parquet`.
        """
        place = super().to_parquet(folder, overwrite=overwrite)
        write_page(
            place / _PLAN, self.walk_plan.model_dump_json(indent=1), "plan of a walk-forward"
        )
        write_page(place / TABLE, self.walk_forward.to_csv(index=False), "table of a walk-forward")
        return place

    @classmethod
    def of(
        cls,
        sweep: "Sweep",
        train_days: int,
        step_days: int,
        *,
        by: str = "sharpe_net",
        embargo_days: int = 0,
    ) -> "WalkForward":
        """Return the walk-forward run over the runs of a sweep.

        Parameters and errors are those of :func:`walk_forward`.
        """
        plan = sweep.plan
        return _walked(
            plan.strategy, plan.market, plan.variants, sweep.store, train_days, step_days, by,
            embargo_days,
        )  # fmt: skip

    @classmethod
    def kept_in(cls, store: Store, run: Callable[[], "WalkForward"]) -> tuple["WalkForward", Path]:
        """Run, add the result to a store with its whole folder, and return it with that folder.

        It has the tag ``walk-forward``.
        """
        begun = time.perf_counter()
        result = run()
        label = f"{result.strategy.name}: walk-forward"
        entry = entry_of(result, label=label, seconds=time.perf_counter() - begun)
        key = entry.outcome.key
        store.add([entry])
        folder = store.keep(key, result)
        store.tag([key], "walk-forward")
        return result, folder

    @classmethod
    def again(cls, folder: str | Path, market: Market) -> "WalkForward":
        """Make the walk-forward run of a run folder again.

        Parameters
        ----------
        folder : str or Path
            As :meth:`WalkForward.to_parquet` writes it.
        market : Market

        Raises
        ------
        DataError
            It is no run folder of a walk-forward run, or its plan was changed.
        """
        folder = Path(folder)
        kept, place = Result.open(folder), folder / _PLAN
        try:
            if place.stat().st_size > _LARGEST:
                raise DataError(f"{place}: larger than any plan of a walk-forward run")
            plan = WalkPlan.model_validate_json(PlainFile(place, _LARGEST).content())
        except (OSError, ValidationError) as error:
            raise DataError(
                f"{place}: no plan of a walk-forward run ({type(error).__name__})"
            ) from error
        if digest(plan.model_dump(mode="json")) != kept.request.get("walk_forward"):
            raise DataError(f"{place}: is not the plan that the run folder was made by")
        variants = [
            _variant(number, kept.strategy, changes, market, plan)
            for number, changes in enumerate(plan.changes)
        ]
        return _walked(
            kept.strategy, market, variants, None, plan.train_days, plan.step_days, plan.by,
            plan.embargo_days,
        )  # fmt: skip

    @classmethod
    def check(
        cls,
        plan: "Plan",
        train_days: int,
        step_days: int,
        *,
        by: str = "sharpe_net",
        embargo_days: int = 0,
    ) -> None:
        """Refuse what :meth:`WalkForward.of` would, as far as the plan of a sweep tells.

        Errors are those of :func:`walk_forward`.
        """
        _check(plan.market, plan.variants, train_days, step_days, by, embargo_days)


def walk_forward(
    strategy: Strategy | str | Path,
    market: Market | str | Path,
    sets: Sets,
    *,
    train_days: int,
    step_days: int,
    by: str = "sharpe_net",
    embargo_days: int = 0,
    random: int | None = None,
    seed: int = 1,
    start: str | None = None,
    end: str | None = None,
    store: Store | None = None,
) -> WalkForward:
    """Run one fund that lets the best variant of the past rule each period.

    Parameters
    ----------
    strategy : Strategy or path
    market : Market or path
    sets : text, texts or mapping
        What is varied: see :func:`quanthedge.sweep`. What a fund has one of cannot be: capital,
        benchmark, the fund's terms and investors, valuation, the tax on dividends, the futures that
        are sold, the index of the betas, the days.
    train_days : int
        Trading days of the past that a period's ruler is chosen by.
    step_days : int
        Trading days of a period.
    by : str
        Figure of the net returns: sharpe_net, sortino_net, annual_return_net or calmar_net.
    embargo_days : int
        Trading days between the past and the period that are left out.
    random, seed : int
        Choose among so many combinations, drawn without repeats.
    start, end : date, optional
        First and last day of the variants' own ledgers, as of a sweep; the fund begins
        ``train_days + embargo_days`` trading days after the first day that all of them have.
    store : Store, optional
        Runs that it has are not run again; those that are run are added to it.

    Returns
    -------
    WalkForward
        A result like any other (report, bridge, statements), of the strategy as it stands, with a
        note on who ruled and the table ``walk_forward``.

    Raises
    ------
    StrategyError
        A parameter that may not be varied, too few days, no variant that can be run, another
        figure.
    DataError
        As :func:`quanthedge.backtest`.

    Notes
    -----
    No look-ahead: the ruler of a period that begins on day t is chosen by ledgers up to the close
    of t - 1 (less the embargo), and decides from that close on. Where its last decision before t
    wants another book than the one that its predecessor stands at, the fund trades to it on t. A
    variant whose run failed, or has no return on a day of the window, cannot be chosen then; of
    equals the first in the order of the grid rules. Every variant counts as a trial, and so does
    the whole.

    Examples
    --------
    >>> import quanthedge as qh
    >>> market = qh.sample_market()
    >>> strategy = qh.load_strategy("market_neutral", ["selector.n=30"])
    >>> found = qh.walk_forward(
    ...     strategy, market, "selector.n=20,30", train_days=60, step_days=60,
    ...     start="2014-09-17", end="2015-06-30",
    ... )
    >>> len(found.walk_forward), found.card().text('en').splitlines()[0]
    (3, 'Result: Market neutral, six factors')
    """
    base = strategy if isinstance(strategy, Strategy) else load_strategy(strategy)
    data = market if isinstance(market, Market) else Market.open(market)
    grid = grid_of(base, data, sets, random=random, seed=seed, start=start, end=end)
    return _walked(base, data, grid.variants, store, train_days, step_days, by, embargo_days)


def _variant(
    number: int, base: Strategy, changes: dict[str, Any], market: Market, plan: WalkPlan
) -> Variant:
    strategy = base.change(changes).with_tables()
    key = digest(asked(strategy, market, plan.start, plan.end))
    return Variant(number, changes, strategy, plan.start, plan.end, key)


def _walked(
    base: Strategy,
    data: Market,
    variants: Sequence[Variant],
    store: Store | None,
    train_days: int,
    step_days: int,
    by: str,
    embargo_days: int,
) -> WalkForward:
    """Run the variants that the store has not, choose, and run the one ledger."""
    _check(data, variants, train_days, step_days, by, embargo_days)
    levels = _levels(variants, data, store)
    chosen = choices(levels, train_days, step_days, FIGURES[by], embargo_days)
    result = _run(_base(base, variants), data, variants, levels, chosen)
    plan = WalkPlan(
        changes=[dict(one.changes) for one in variants],
        start=variants[0].start,
        end=variants[0].end,
        train_days=train_days,
        step_days=step_days,
        embargo_days=embargo_days,
        by=by,
    )
    table = table_of_choices(chosen, variants, levels, result.ledger["unit_value"], FIGURES[by])
    note = _note(table, len(variants), train_days, step_days, by)
    walked = result.changed(
        notes=[note, *result.notes],
        request={**result.request, "walk_forward": digest(plan.model_dump(mode="json"))},
    )
    made = WalkForward(
        **{one.name: walked.__dict__[one.name] for one in fields(walked)},
        walk_forward=table,
        walk_plan=plan,
    )
    return made.changed(trials=_counted(made, data, variants))


def _check_days(train: int, step: int, embargo: int, by: str) -> None:
    for name, value, least in (
        ("train_days", train, _FEWEST_DAYS),
        ("step_days", step, 1),
        ("embargo_days", embargo, 0),
    ):
        if isinstance(value, bool) or not isinstance(value, int) or value < least:
            raise StrategyError(f"walk-forward: {name} {value!r}; accepted: {least} or more")
    if by not in FIGURES:
        raise StrategyError(f"walk-forward: by {by!r}; accepted: {', '.join(FIGURES)}")


def _check(
    market: Market,
    variants: Sequence[Variant],
    train_days: int,
    step_days: int,
    by: str,
    embargo_days: int,
) -> None:
    """Refuse what no walk-forward run can be, before any variant is run."""
    _check_days(train_days, step_days, embargo_days, by)
    if any(key in one.changes for one in variants for key in ("start", "end")):
        raise StrategyError("walk-forward: start and end may not be varied; give them once")
    check_one_fund([one.strategy for one in variants])
    begin, stop = variants[0].start, variants[0].end
    first, last = market.span(
        market.dates[1] if begin is None else begin, market.dates[-1] if stop is None else stop
    )
    check_reach(train_days + embargo_days, last - first + 1)


def _base(strategy: Strategy, variants: Sequence[Variant]) -> Strategy:
    """Return the strategy with what all variants have changed alike."""
    first = variants[0].changes
    alike = {
        key: value
        for key, value in first.items()
        if all(one.changes.get(key) == value for one in variants)
    }
    return strategy.change(alike) if alike else strategy


def _levels(variants: Sequence[Variant], market: Market, store: Store | None) -> pd.DataFrame:
    """Return the net unit values of each variant's own ledger, those of a store not run again."""
    known = set() if store is None else store.known([one.key for one in variants])
    found: dict[str, pd.Series] = {}
    if store is not None and known:
        kept = store.series([one.key for one in variants if one.key in known])
        found.update((str(key), kept[key]) for key in kept.columns)
    wanted = tuple(one for one in variants if one.key not in known)
    outcomes = run_job(Job(remember_market(market), wanted)) if wanted else []
    if store is not None and outcomes:
        _add(store, market, wanted, outcomes)
    found.update((one.key, one.series["unit_value"]) for one in outcomes if one.series is not None)
    if not found:
        failure = outcomes[0].failure
        assert failure is not None
        raise StrategyError(
            f"walk-forward: none of {len(variants):,} variants can be run; the first, "
            f"{told(variants[0].changes)}: {failure.reason}"
        )
    table = pd.DataFrame(found)
    return table.reindex(columns=[one.key for one in variants])


def _add(
    store: Store, market: Market, variants: Sequence[Variant], outcomes: Sequence[Outcome]
) -> None:
    info = {"name": market.name, "fingerprint": market.fingerprint}
    store.add(
        [
            Entry(one, outcome, info, "", f"{one.strategy.name}: {told(one.changes)}")
            for one, outcome in zip(variants, outcomes, strict=True)
        ]
    )


def _run(
    base: Strategy,
    market: Market,
    variants: Sequence[Variant],
    levels: pd.DataFrame,
    chosen: Sequence[Choice],
) -> Result:
    """Run the one ledger; each variant that ever rules is prepared once."""
    days = levels.index
    span = (f"{days[chosen[0].first]:%Y-%m-%d}", f"{days[-1]:%Y-%m-%d}")
    prepared: dict[int, Prepared] = {}
    rulers = []
    for one in chosen:
        if one.ruler not in prepared:
            prepared[one.ruler] = prepare(variants[one.ruler].strategy, market, *span)
        rulers.append(Ruler(one.first - chosen[0].first, prepared[one.ruler]))
    return complete(spliced(base, rulers))


def _note(table: pd.DataFrame, count: int, train: int, step: int, by: str) -> dict[str, str]:
    """Return what a reader of the result must know, in both languages."""
    words = texts("quanthedge.batch", "walk_forward")
    ruled = (table["variant"] != table["variant"].shift()).cumsum()
    reigns = table.groupby(ruled).agg(start=("start", "first"), variant=("variant", "first"))
    shown = [f"{row.start}: {row.variant}" for row in reigns.itertuples()]
    listed = "; ".join(shown[:_SHOWN]) + ("; ..." if len(shown) > _SHOWN else "")
    figure = words["figure"][by]
    made = {
        code: sentence(
            "walk_forward",
            words["note"],
            count=count,
            train=train,
            step=step,
            figure=figure[code],
            periods=len(table),
            changes=len(reigns) - 1,
            listed=listed,
        )[code]
        for code in ("en", "zh")
    }
    return {"kind": "walk_forward", **made}


def _counted(result: WalkForward, market: Market, variants: Sequence[Variant]) -> int | None:
    """Count every variant as a trial, and the whole as one more."""
    trials = [
        trial_of(
            one.strategy,
            f"{one.strategy.name}: {told(one.changes)}",
            OwnCode.of(one.strategy).texts(),
        )
        for one in variants
    ]
    name = f"{result.strategy.name}: walk-forward"
    trials.append(Trial("backtest", name, digest(["walk-forward", result.request["walk_forward"]])))
    start, end = result.market_info["start"], result.market_info["end"]
    if not record(market, start, end, trials):
        return None
    return count(market, start, end)
