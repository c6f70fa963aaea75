"""What a reader must know of a run, in English and Chinese: timeline, repairs, assumptions.

The sentences stand in ``narrative.toml``; the command line and both reports print the same ones.
"""

from typing import TYPE_CHECKING, Any

from quanthedge.beta import estimator_text
from quanthedge.hedge.policies import policy_text
from quanthedge.kinds import own_name
from quanthedge.portfolio import Periodic, TableWeights
from quanthedge.typing import Language
from quanthedge.words import LANGUAGES, Bilingual, filled, sentence, texts

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    from quanthedge.hedge import Knowledge
    from quanthedge.strategy import Strategy
    from quanthedge.valuation import Valuation

__all__ = ["bilingual", "note", "timeline", "worded"]


def _texts() -> dict[str, Any]:
    return texts("quanthedge.backtesting", "narrative")


def note(kind: str, **values: object) -> Bilingual:
    """Return one fact for the reader: its kind, and the sentence in both languages.

    Examples
    --------
    >>> note("margin_cut", count=2)["en"]
    'Days on which the margin could not be met and contracts were closed: 2.'
    """
    return sentence(kind, _texts()["notes"][kind], **values)


def worded(kind: str, words: dict[str, str], **values: object) -> Bilingual:
    """Return one fact whose choices are told by their names in ``[words.<choice>]``.

    Parameters
    ----------
    kind : str
    words : dict
        Name of each choice and what was chosen, such as ``{"contract": "next"}``.
    **values
        The other values of the sentence.
    """
    text, known = _texts()["notes"][kind], _texts()["words"]
    told = {
        code: {choice: known[choice][chosen][code] for choice, chosen in words.items()}
        for code in LANGUAGES
    }
    return {"kind": kind, **{c: filled(text[c], c, **told[c], **values) for c in LANGUAGES}}


def bilingual(kind: str, items: list[tuple[str, str]]) -> Bilingual:
    """Return one fact that lists counted things by their names in ``[words.<kind>]``.

    Examples
    --------
    >>> bilingual("beta_preparation", [("bars", "1,000")])["zh"]
    '估计贝塔所用的行情（截至回测结束）：行情总数 1,000。'
    """
    text, words = _texts()["notes"][kind], _texts()["words"][kind]
    listed = {
        code: "; ".join(f"{words[name][code]} {value}" for name, value in items)
        for code in LANGUAGES
    }
    return {"kind": kind, **{code: text[code].format(listed=listed[code]) for code in LANGUAGES}}


def timeline(
    strategy: "Strategy",
    dates: "NDArray[np.datetime64]",
    missed: tuple[int, int] = (0, 0),
    timing: "Knowledge | None" = None,
) -> Bilingual:
    """Return what is known when, with this strategy's choices, as numbered lines.

    Parameters
    ----------
    strategy : Strategy
    dates : datetime64[D] [T]
        Trading days that were run.
    missed : (int, int)
        Days on which the contract asked for was not held, and all days.
    timing : Knowledge, optional
        What the futures' fill knows of the stocks' on days from the first on; None without futures.
    """
    known = _texts()
    start, end = dates[0], dates[-1]
    words = known["words"]
    fund = strategy.fund
    result: dict[str, str] = {}
    for code in LANGUAGES:
        values = {
            "start": start,
            "end": end,
            "rebalance": _rhythm(strategy, words["rebalance"], code),
            "window": _days(strategy.beta.memory, words["days"], code),
            "estimator": estimator_text(strategy.beta, code),
            "index": strategy.beta.index,
            "method": words["method"][strategy.beta.method][code],
            "fill": words["fill"][strategy.execution.fill][code],
            "proceeds": words["proceeds"][strategy.execution.sale_proceeds][code],
            "hedged": _hedged(strategy, dates, timing, words, code),
            "retry_days": strategy.execution.retry_days,
            "policy": policy_text(strategy.hedge.policy, code),
            "contract": words["contract"][strategy.hedge.contract][code],
            "roll": words["roll"][strategy.hedge.roll][code].format(
                days=strategy.hedge.roll_days, window=strategy.hedge.roll_window
            ),
            "account": words["account"][strategy.hedge.account][code],
            "fee": words["fee"][fund.crystallisation][code].format(
                rate=f"{fund.performance_fee_rate:.0%}"
            ),
        }
        values["stated"] = _stated(strategy.valuation, words, code)
        amiss = words["missed"]["some"][code] if missed[0] else ""
        values["missed"] = amiss.format(count=missed[0], days=missed[1])
        kind = "timeline_unhedged" if strategy.hedge.sells_nothing else "timeline"
        lines = [filled(line, code, **values) for line in known[kind][code]]
        if strategy.layers.gated:
            name = strategy.layers.allocation.called(code)
            lines.insert(2, known["layers"][code].format(allocation=name))
        result[code] = "\n".join(f"{n}. {line}" for n, line in enumerate(lines, start=1))
    return result


def _stated(terms: "Valuation", words: dict[str, Any], code: str) -> str:
    """Return how suspended stocks are valued."""
    kind = terms.index if terms.suspended == "index_return" else terms.suspended
    material = words["material"]["share" if terms.from_day is None else "from_day"][code]
    limits = {"share": f"{terms.materiality:.2%}", "day": terms.from_day}
    return str(words["stated"][kind][code].format(material=material.format(**limits)))


def _hedged(
    strategy: "Strategy",
    dates: "NDArray[np.datetime64]",
    timing: "Knowledge | None",
    words: dict[str, Any],
    code: Language,
) -> str:
    """Say at what price futures are traded, and what is then known of the stocks."""
    if timing is None:
        return ""
    after, possible = timing.after_stocks[: dates.size], timing.possible[: dates.size]
    kind = "fills" if after[0] else "expected"
    before = dates[after == after[0]][-1]
    if (after != after[0]).any():
        kind = "fills_then_expected" if after[0] else "expected_then_fills"
    price = strategy.hedge.fill_price(strategy.execution.fill)
    said = filled(
        words["hedged"][kind][code],
        code,
        product=", ".join(strategy.hedge.products),
        price=words["futures_fill"][price][code],
        date=before,
    )
    early = int((after & ~possible).sum())
    if early:
        said += words["hedged"]["impossible"][code].format(count=early, days=dates.size)
    return said


def _days(memory: int | None, words: dict[str, Any], code: str) -> str:
    return str(words["all"][code] if memory is None else words["some"][code].format(n=memory))


def _rhythm(strategy: "Strategy", words: dict[str, Any], code: Language) -> str:
    """Return how often, or on which days, stocks are chosen."""
    schedule = strategy.rebalance
    if isinstance(strategy.selector, TableWeights) and strategy.selector.rebalance == "table":
        return str(words["table"][code])
    if not isinstance(schedule, Periodic):
        return str(words["own"][code]).format(name=own_name(schedule, "schedule", code))
    every = schedule.every
    return str(words[every if isinstance(every, str) else "days"][code]).format(n=every)
