"""A combination of factors in the registry of trials: what makes it another than the next."""

import re
from typing import TYPE_CHECKING, Any

from quanthedge.alpha.combiner import Combiner
from quanthedge.alpha.learners import Given
from quanthedge.alpha.splitters import Splitter
from quanthedge.factors import FactorPanel
from quanthedge.kinds import OwnCode
from quanthedge.labelling import Labels
from quanthedge.trials import Trial, digest, record
from quanthedge.typing import Bools

if TYPE_CHECKING:
    from quanthedge.alpha.combination import Combine

__all__ = ["write_trial"]


def write_trial(
    asked: "Combine",
    combiner: Combiner,
    cv: Splitter,
    panel: FactorPanel,
    labels: Labels,
    where: Bools,
) -> bool:
    """Write a combination into the registry of trials; return whether it is written.

    Parameters
    ----------
    asked : Combine
        Its target, neutral, needed and half_life count.
    combiner, cv
        Of it, with the defaults in their places.
    panel, labels
        By their numbers: factors in any order, whatever code they came of.
    where : bool [R, N]
        Stocks that are graded.

    Notes
    -----
    From the first decision to the last price of the labels, as an evaluation. An estimator object
    counts by its class and parameters.
    """
    days = labels.market.dates
    factors = sorted(
        [name, int(sign), family, digest(panel.values[:, :, k])]
        for k, (name, sign, family) in enumerate(
            zip(panel.names, panel.signs, panel.families, strict=True)
        )
    )
    asked_for = [asked.target, sorted(asked.neutral), sorted(asked.needed), asked.half_life]
    earned = [labels.definition, digest(labels.value), digest(labels.ends_by)]
    decisions = days[labels.rows].astype(str).tolist()
    what = [
        _combiner(combiner), _shown(cv), asked_for, factors, earned, digest(where), decisions
    ]  # fmt: skip
    end = days[min(int(labels.ends.max()), len(days) - 1)]
    label = f"combination {_name(combiner)} of {len(factors)} factors"
    trial = Trial("evaluation", label, digest(what))
    return record(labels.market, days[labels.rows[0]], end, [trial])


def _name(combiner: Combiner) -> str:
    return type(combiner.object).__name__ if isinstance(combiner, Given) else combiner.kind


def _combiner(combiner: Combiner) -> list[Any]:
    """Return a combination as plain data, with the code of a user's own."""
    if isinstance(combiner, Given):
        return [_shown(combiner.object), combiner.monotone]
    return [combiner.model_dump(mode="json"), OwnCode.of(combiner).texts()]


def _shown(part: Any) -> list[Any]:
    """Return an object's class and its parameters, without where it lies in memory."""
    known = part.get_params() if hasattr(part, "get_params") else getattr(part, "__dict__", {})
    texts = {name: re.sub(r" at 0x[0-9a-fA-F]+", "", repr(value)) for name, value in known.items()}
    return [f"{type(part).__module__}:{type(part).__qualname__}", texts]
