"""What a reader must know of the scores that an alpha model gave."""

from quanthedge.backtesting.narrative import note
from quanthedge.backtesting.plan import Prepared
from quanthedge.factors import factor_name
from quanthedge.words import LANGUAGES, Bilingual

__all__ = ["alpha_notes"]


def alpha_notes(prepared: Prepared) -> list[Bilingual]:
    """Say what was combined and how, what it was trained on, and which factors are left out."""
    model, selection = prepared.strategy.alpha, prepared.selection
    if model is None:
        return []
    coverage = selection.coverage
    count = coverage["factor"].nunique()
    told = {
        str(code): note(
            "alpha",
            count=count,
            features=model.ranks_called(code),
            combination=model.combine.called(code),
        )[code]
        for code in LANGUAGES
    }
    notes: list[Bilingual] = [{"kind": "alpha", **told}]
    trained = selection.training
    if len(trained):
        notes.append(
            note(
                "alpha_trained",
                trainings=trained["trained_on"].nunique(),
                first=trained["trained_on"].min(),
                last=trained["trained_on"].max(),
                fewest=f"{trained['pairs'].min():,}",
                most=f"{trained['pairs'].max():,}",
            )
        )
    if selection.left_out:
        notes.append(_listed("alpha_left_out", list(selection.left_out)))
    shares = coverage.groupby("factor")["defined"].sum()
    never = [str(name) for name in shares.index[shares == 0]]
    if never:
        notes.append(_listed("alpha_never_defined", never))
    empty = coverage[(coverage["defined"] == 0) & ~coverage["factor"].isin(never)]
    if len(empty):
        notes.append(_listed("alpha_partly_defined", sorted(set(empty["factor"]))))
    return notes


def _listed(kind: str, factors: list[str]) -> Bilingual:
    told = {
        str(code): note(
            kind,
            count=len(factors),
            listed=("、" if code == "zh" else ", ").join(factor_name(one, code) for one in factors),
        )[code]
        for code in LANGUAGES
    }
    return {"kind": kind, **told}
