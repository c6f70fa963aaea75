"""A policy in words, English and Chinese."""

from collections.abc import Mapping
from typing import Any

from pydantic import BaseModel

from quanthedge.kinds import is_own, own_name
from quanthedge.typing import Language
from quanthedge.words import texts

__all__ = ["policy_text"]


def _texts() -> dict[str, Any]:
    return texts("quanthedge.hedge.policies", "wording")


def policy_text(policy: BaseModel | Mapping[str, Any], language: Language) -> str:
    """Return when a policy acts, as the end of a sentence.

    Parameters
    ----------
    policy : Policy, or its values by name
    language : {"en", "zh"}

    Examples
    --------
    >>> from quanthedge.hedge.policies import AnyOf, Calendar, Deviation
    >>> policy_text(AnyOf(of=(Calendar(every_days=5), Deviation(fraction=0.33))), "en")
    'every 5 trading days or when it is off its target by 33%'
    """
    values = policy.model_dump(mode="json") if isinstance(policy, BaseModel) else policy
    if is_own(values):
        return str(_texts()["own"][language]).format(name=own_name(values, "policy", language))
    kind = str(values["kind"])
    if kind in ("any", "all"):
        parts = [policy_text(part, language) for part in values["of"]]
        return str(_texts()["join"][kind][language]).join(parts)
    known = {name: value for name, value in values.items() if value is not None}
    return str(_texts()[_key(kind, known)][language]).format(**known, **_extra(kind, known))


def _key(kind: str, values: dict[str, Any]) -> str:
    """Return the sentence for a kind and its choices."""
    if kind == "calendar":
        if "every_days" in values:
            return "every_days"
        return "at" if "at" in values else str(values["every"])
    if kind == "leverage_trigger":
        return "trigger"
    return f"{kind}_{values['side']}" if kind in ("deviation", "price_move") else kind


def _extra(kind: str, values: dict[str, Any]) -> dict[str, Any]:
    """Return what a sentence needs beside the policy's own values."""
    if kind == "calendar":
        return {"n": values.get("every_days")}
    if kind == "leverage_trigger":
        return {"levels": " / ".join(f"{values[s]:g}x" for s in ("long", "short") if s in values)}
    return {}
