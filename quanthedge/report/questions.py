"""The chapter that answers clients' questions with the figures of the run."""

from typing import Any

from quanthedge.report.blocks import Answers, Block
from quanthedge.report.question_facts import Facts, question_facts
from quanthedge.report.writer import Writer
from quanthedge.words import texts

__all__ = ["catalogue", "chosen", "questions"]

_FEWEST = 2  # sentences of an answer
GROUPS = ("basics", "advanced", "risk", "doubts")


def catalogue(language: str) -> dict[str, Any]:
    """Return the questions of a language with their sentences, by group."""
    return texts("quanthedge.report.texts", f"questions_{language}")


def questions(writer: Writer) -> list[Block]:
    """Return the blocks of the chapter, one a group."""
    facts, holds = question_facts(writer)
    asked = catalogue(writer.language)
    joint = "" if writer.language == "zh" else " "

    def answered(one: dict[str, Any]) -> tuple[str, str]:
        said = chosen(one["say"], facts, holds)
        if len(said) < _FEWEST:
            said.append(str(asked["missing"]))
        return f"{one['id']}. {one['question']}", joint.join(said)

    return [
        Answers(
            f"questions-{group}",
            str(asked["groups"][group]),
            "",
            [answered(one) for one in asked[group]],
        )
        for group in GROUPS
    ]


def chosen(sentences: list[str | dict[str, str]], facts: Facts, holds: set[str]) -> list[str]:
    """Return the sentences whose condition holds and whose figures are all known.

    A sentence is a text with named places, or one with the condition ``when`` under which it is
    said: names joined by ``+``, each of which must hold.
    """
    places = {name: value for name, value in facts.items() if value is not None}
    said = []
    for sentence in sentences:
        if isinstance(sentence, str):
            text, when = sentence, ""
        else:
            text, when = sentence["text"], sentence["when"]
        if when and not set(when.split("+")) <= holds:
            continue
        try:
            said.append(text.format(**places))
        except KeyError:
            continue  # a figure that the run does not give: the sentence is left out
    return said
