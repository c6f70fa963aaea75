"""What a combination and its features are called, in both languages (``words.toml``)."""

from collections.abc import Collection

from quanthedge.alpha.combiner import Combiner
from quanthedge.alpha.learners import Estimator, Stack
from quanthedge.kinds import is_own, own_name
from quanthedge.typing import Language
from quanthedge.words import texts

__all__ = ["combination_name", "neutral_name"]


def combination_name(combiner: Combiner, language: Language) -> str:
    """Return what a combination is called.

    >>> from quanthedge.alpha.weights import Ridge
    >>> combination_name(Ridge(), "en"), combination_name(Ridge(), "zh")
    ('ridge regression', '岭回归')
    """
    if is_own(combiner):
        return own_name(combiner, "combination", language)
    text = str(texts("quanthedge.alpha", "words")["kinds"][combiner.kind][language])
    if isinstance(combiner, Stack):
        names = [combination_name(one, language) for one in combiner.members]
        return text.format(members=("、" if language == "zh" else ", ").join(names))
    if isinstance(combiner, Estimator):
        return text.format(of=combiner.of.partition(":")[2])
    return text


def neutral_name(neutral: Collection[str], language: Language) -> str:
    """Return what the features are.

    >>> neutral_name(("industry",), "en")
    'ranks of the factors beyond industry'
    """
    key = "both" if len(set(neutral)) > 1 else next(iter(neutral), "none")
    return str(texts("quanthedge.alpha", "words")["neutral"][key][language])
