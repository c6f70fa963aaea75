"""The judgement of runs that a store keeps: of one of its sweeps, or of all that it has."""

import json
from typing import Any, NamedTuple

import numpy as np
import pandas as pd

from quanthedge.batch.judgement.parameters import is_figure
from quanthedge.batch.judgement.table import BLOCKS, Judgement, judged
from quanthedge.batch.store import Store
from quanthedge.errors import DataError
from quanthedge.trials import count

__all__ = ["ALL", "judge", "trials_of"]

ALL = "all"  # in the place of a sweep's id
_DAYS = ("start", "end")


class _Named(NamedTuple):
    """Data, as the registry of trials asks for them."""

    name: str
    fingerprint: str


def judge(
    store: Store,
    sweep: str | None = None,
    where: str | None = None,
    *,
    by: str = "sharpe_net",
    blocks: int = BLOCKS,
) -> Judgement:
    """Return the judgement of runs in a store; nothing is run.

    Parameters
    ----------
    store : Store
    sweep : str, optional
        Id of a sweep, or its first letters; "all": every run of the store. By default the latest
        sweep, or every run where there is none.
    where : str, optional
        Only runs of this condition: see :meth:`quanthedge.batch.Store.runs`. What was left out has
        been tried all the same, and counts.
    by : str
    blocks : int
        As of :func:`judged`.

    Raises
    ------
    DataError
        No such sweep, no run, or as :func:`judged`.

    Examples
    --------
    >>> import quanthedge as qh
    >>> market = qh.sample_market()
    >>> strategy = qh.load_strategy("market_neutral", ["selector.n=30"])
    >>> import tempfile
    >>> found = qh.sweep(
    ...     strategy, market, "selector.n=20,30", out=tempfile.mkdtemp(),
    ...     start="2014-09-17", end="2014-12-31",
    ... )
    >>> judgement = qh.judge(found.store)
    >>> judgement.verdict.belief, int(judgement.table["selector.n"].iloc[0])
    ('no', 20)
    """
    plan = _plan(store, sweep)
    runs = store.runs(where, None if plan is None else plan["id"])
    if plan is not None:
        runs = _with_plan(runs, plan, refused=where is None)
    if not len(runs):
        raise DataError(f"{store.folder}: no run to judge")
    done = runs.index[runs["status"] == "done"]
    returns = store.series([str(key) for key in done]).pct_change(fill_method=None).iloc[1:]
    names = None if plan is None else [n for n in plan["keys"] if n not in _DAYS]
    tried = trials_of(store, runs)
    return judged(runs, returns, tried, by=by, parameters=names, blocks=blocks)


def trials_of(store: Store, runs: pd.DataFrame) -> int:
    """Return from how many trials the best of some runs was chosen.

    The larger of two counts, both of what was tried on the same data (by fingerprint or name of the
    market) on overlapping days: the distinct strategies and spans that the store has, and the
    registry of trials (:func:`quanthedge.trials.count`), where it is on.
    """
    done = runs[runs["status"] == "done"]
    if not len(done):
        return 0
    data = {
        _Named(str(name), str(print_))
        for name, print_ in zip(done["market"], done["fingerprint"], strict=True)
    }
    start, end = str(done["start"].min()), str(done["end"].max())
    everything = store.runs()
    bases = everything["fingerprint"].astype("str").str.partition("@")[0]
    same = bases.isin([one.fingerprint.partition("@")[0] for one in data])
    same |= everything["market"].isin([one.name for one in data])
    touching = (everything["start"] <= end) & (everything["end"] >= start)
    there = everything[same & touching & (everything["status"] == "done")]
    others = [c for c in there.columns if not is_figure(str(c)) and c not in _NOT_TRIED]
    distinct = len(there[others].astype("str").drop_duplicates())
    known = max((count(one, start, end) or 0) for one in data)
    return max(distinct, known, len(done))


# what makes no other trial of a run
_NOT_TRIED = frozenset(
    {
        "label", "strategy", "market", "fingerprint", "when", "status", "reason", "seconds",
        "sweep", "tags", "note", "whole", "name", "name_zh", "description", "description_zh",
    }
)  # fmt: skip


def _plan(store: Store, sweep: str | None) -> dict[str, Any] | None:
    """Return id and plan of a sweep; None for all runs."""
    known = store.sweeps()
    if sweep == ALL or (sweep is None and not len(known)):
        return None
    found = known if sweep is None else known[known["id"].str.startswith(sweep)]
    if not len(found) or (sweep is not None and len(found) > 1):
        listed = ", ".join(known["id"]) or "none"
        raise DataError(f"{store.folder}: sweep {sweep!r}; there are {listed}, or {ALL}")
    row = found.iloc[-1]
    try:
        plan = json.loads(row["plan"])
        keys, variants = list(plan["keys"]), {v["key"]: v["changes"] for v in plan["variants"]}
        refused = list(plan.get("refused", []))
    except (ValueError, TypeError, KeyError) as error:
        raise DataError(
            f"{store.folder}: the plan of sweep {row['id']} is damaged ({error})"
        ) from (error)
    return {"id": row["id"], "keys": keys, "changes": variants, "refused": refused}


def _with_plan(runs: pd.DataFrame, plan: dict[str, Any], *, refused: bool) -> pd.DataFrame:
    """Return runs with what the plan varies as columns, and with what was refused as failures."""
    names = [name for name in plan["keys"] if name not in _DAYS]
    changes = pd.DataFrame(
        {name: [plan["changes"].get(key, {}).get(name) for key in runs.index] for name in names},
        index=runs.index,
    )
    table = runs.drop(columns=[name for name in names if name in runs]).join(changes)
    lost = [
        {**one["changes"], "status": "failed", "reason": f"{one['kind']}: {one['reason']}"}
        for one in plan["refused"]
    ]
    if not refused or not lost or not len(table):
        return table
    keys = [f"refused {number}" for number in range(1, len(lost) + 1)]
    more = pd.DataFrame(lost, index=pd.Index(keys, name="key")).reindex(columns=table.columns)
    for name in ("start", "end", "strategy", "label"):
        more[name] = more[name].fillna(table[name].iloc[0])
    for name in table.columns:
        if table[name].dtype == np.bool_:
            more[name] = False
    return pd.concat([table, more.astype({n: table[n].dtype for n in table if is_figure(n)})])
