"""Sentences of a comparison, English and Chinese: what is filled, stated or cut, what variants are.

They stand in ``wording.toml`` beside this module.
"""

from typing import Any

from quanthedge.record import RunVariant
from quanthedge.words import Bilingual, sentence, texts

__all__ = ["remark", "variant_name", "variant_remark"]


def _texts() -> dict[str, Any]:
    return texts("quanthedge.comparison", "wording")


def remark(kind: str, **values: object) -> Bilingual:
    """Return a sentence in both languages.

    Examples
    --------
    >>> remark("irregular", title="mine")["en"]
    'mine: its values come too irregularly for volatility, Sharpe ratio and correlation.'
    """
    return sentence(kind, _texts()["remarks"][kind], **values)


def variant_name(name: str, language: str) -> str:
    """Return what a variant is called.

    >>> variant_name("long_only", "zh")
    '仅多头'
    """
    return str(_texts()["variants"][name][language])


def variant_remark(variant: RunVariant) -> Bilingual:
    """Return what exactly a variant is and what its accounts went through."""
    words, terms, ledger = _texts()["terms"], variant.terms, variant.ledger
    notional = ledger["futures_notional"].iloc[1:].abs()
    gross = (ledger["stock_value"].iloc[1:] + notional) / ledger["equity"].iloc[1:]
    values = {
        "stocks": f"{terms['stocks'] * 100:g}%",
        "loan": f"{terms['loan'] * 100:g}%",
        "loan_rate": f"{terms['loan_rate'] * 100:g}%",
        "interest": f"{ledger['loan_interest'].sum():,.0f}",
        "gross": f"{gross.mean():.1%}",
        "called": terms["called_days"],
        "cut": terms["cut_days"],
        "insolvent": terms["insolvent"],
        "index": terms["index"],
    }
    kinds = ["book_index" if terms["index"] else "book"]
    kinds += ["loan" if terms["loan"] > 0 else "no_loan", "hedged" if terms["hedged"] else "bare"]
    if terms["hedged"]:
        kinds.append("calls" if terms["called_days"] or terms["cut_days"] else "no_calls")
    if terms["insolvent"]:
        kinds.append("insolvent")
    found = {}
    for code, joint, stop in (("en", ", ", "."), ("zh", "，", "。")):
        said = joint.join(str(words[kind][code]).format(**values) for kind in kinds)
        colon = ": " if code == "en" else "："
        found[code] = f"{variant_name(variant.name, code)}{colon}{said}{stop}"
    return {"kind": "variant", **found}
