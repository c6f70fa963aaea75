"""A client's paper as one document: head, key figures, chapters, comments, warnings."""

from dataclasses import dataclass
from typing import Any

from quanthedge.errors import DataError
from quanthedge.performance import MINIMUM_DAYS
from quanthedge.record import Record
from quanthedge.report.blocks import Block, Card, Chapter, Document, Lines, number_cell, signed
from quanthedge.report.client import facts
from quanthedge.report.client.markdown import Paragraph, read_markdown
from quanthedge.report.client.pages import ClientWriter, chapters_of_paper
from quanthedge.report.fund_terms import fund_terms
from quanthedge.report.particulars import dealing, people
from quanthedge.report.writer import in_language, own_words
from quanthedge.rules import CALENDAR_DAYS_A_YEAR
from quanthedge.strategy import COMMENTS, Logo, Particulars
from quanthedge.typing import Language
from quanthedge.words import notation, texts

__all__ = ["Paper", "build_paper"]

_TOLD = ("insolvent", "wound_up", "not_wound_up", "margin_cut", "delisting", "restated")
_OF_TERMS = ("loan",)  # notes that hold whatever day a paper is of


@dataclass(frozen=True)
class Paper:
    """A client's paper, before it becomes a page or a PDF.

    Attributes
    ----------
    document : Document
        What is in every format: its terms are the key facts.
    kind, as_of : str
        What it is called, and of which day it is.
    comments : list of (str, list of Paragraph)
        Title and text.
    manager : str
        Who manages the fund, where that is given.
    logo : Logo or None
    """

    document: Document
    kind: str
    as_of: str
    comments: list[tuple[str, list[Paragraph]]]
    manager: str
    logo: Logo | None

    @property
    def texts(self) -> dict[str, Any]:
        """The words of papers in its language."""
        return texts("quanthedge.report.texts", f"client_{self.document.language}")

    @property
    def shown(self) -> list[Chapter]:
        """The chapters with figures and tables."""
        return [one for one in self.document.chapters if one.id not in ("comment", "warnings")]

    @property
    def warnings(self) -> list[Block]:
        """What stands at the end."""
        return self.document.chapters[-1].blocks


def build_paper(run: Record, language: Language, of_month: str | None = None) -> Paper:
    """Return the paper of a run as it stands on its last day.

    Parameters
    ----------
    run : Record
        Cut at the day that the paper is of; see :func:`quanthedge.record.until`.
    language : "zh" or "en"
    of_month : str, optional
        ``YYYY-MM``: a monthly report, called so.

    Raises
    ------
    DataError
        When the language is not known or the ledger has no trading day.
    """
    if language not in ("zh", "en"):
        raise DataError(f"report language {language!r}; accepted: zh, en")
    if len(run.ledger) < 2:
        raise DataError("report: the ledger has no trading day; run the strategy first")
    writer = ClientWriter(run, language)
    t, product = writer.t, run.strategy.product or Particulars()
    last = run.ledger.index[-1]
    kind = (
        str(t["month_title"]).format(month=notation.month(last, language))
        if of_month
        else str(t["title"])
    )
    as_of = str(t["as_of"]).format(day=notation.day(last, language))
    chapters = chapters_of_paper(writer)
    comments = _comments(writer, product)
    # so that the workbook and the numbers have them too
    said = [Lines(f"text-client-{key}", title, "", _plain(text)) for key, title, text in comments]
    if said:
        chapters.append(Chapter("comment", str(t["headings"]["comment"]), list(said)))
    chapters.append(Chapter("warnings", str(t["headings"]["warnings"]), _warnings(writer)))
    document = Document(
        language=language,
        words=writer.words | {"document": kind},
        name=product.text("name", language) or own_words(run.strategy, "name", language),
        description="",
        facts=_facts(writer),
        terms=_terms(writer, product),
        cards=_cards(writer),
        verdict=[],
        chapters=chapters,
    )
    told = [(title, text) for _, title, text in comments]
    manager = product.text("manager", language)
    return Paper(document, kind, as_of, told, manager, product.logo)


def _facts(writer: ClientWriter) -> list[str]:
    t, days = writer.t, writer.run.ledger.index
    period = notation.span(days[1], days[-1], writer.language)
    found = [
        str(t["since"]).format(span=period, days=f"{len(days) - 1:,}"),
        str(t["benchmark_note"]).format(index=writer.index),
    ]
    lasted = (days[-1] - days[0]).days
    if len(days) > MINIMUM_DAYS and lasted < CALENDAR_DAYS_A_YEAR:
        found.append(str(t["estimate"]))
    return found


def _cards(writer: ClientWriter) -> list[Card]:
    """Return the key figures; none of them where it is not known."""
    names = writer.t["cards"]
    table = facts.spells(writer.run)["net"]
    found = {
        "unit_value": writer.known("unit_value_net"),
        "cumulative": number_cell(float(facts.cumulative_values(writer.run).iloc[-1]), ".4f"),
        "this_month": signed(table["this_month"], ".2%"),
        "year_to_date": signed(table["year_to_date"], ".2%") if "year_to_date" in table else None,
        "inception": signed(table["inception"], ".2%"),
        "annual_return": writer.known("annual_return_net"),
        "max_drawdown": writer.known("max_drawdown_net"),
        "sharpe": writer.known("sharpe_net"),
    }
    return [Card(key, str(names[key]), cell, []) for key, cell in found.items() if cell is not None]


def _terms(writer: ClientWriter, product: Particulars) -> list[tuple[str, str]]:
    """Return the key facts: particulars where they are given, then the terms of the fund."""
    names, language = writer.t["particulars"], writer.language
    equity = float(writer.run.ledger["equity"].iloc[-1])
    size = (str(names["size"]), notation.large_yuan(equity, language))
    benchmark = product.text("benchmark", language)
    terms = dict(fund_terms(writer.run, language))
    known = writer.words["terms"]
    if writer.run.strategy.clients is None:  # nobody but the founder: nothing to say to investors
        terms.pop(str(known["investors"]), None)
    after = [
        (name, text)
        for name, text in dealing(product, writer.run, language)
        if name != str(names["benchmark"])
    ]
    given = [(str(names["benchmark"]), benchmark)] if benchmark else []
    return [*people(product, language), size, *given, *terms.items(), *after]


def _comments(writer: ClientWriter, product: Particulars) -> list[tuple[str, str, list[Paragraph]]]:
    """Return key, title and text of each comment that is given."""
    found = [(key, product.comment(key, writer.language)) for key in COMMENTS]
    titles = writer.t["comments"]
    return [(key, str(titles[key]), read_markdown(text)) for key, text in found if text]


def _plain(text: list[Paragraph]) -> list[str]:
    return [" ".join(part for part in (one.mark, one.text) if part) for one in text]


def _warnings(writer: ClientWriter) -> list[Block]:
    """Return the warnings, what happened that an investor has to know, and how figures are made."""
    notes = writer.run.notes
    cut = any(note["kind"] == "as_of" for note in notes)
    told = _OF_TERMS if cut else (*_OF_TERMS, *_TOLD)
    happened = [in_language(note, writer.language) for note in notes if note["kind"] in told]
    happened += _known_by_then(writer) if cut else []
    risks = [str(one) for one in writer.t["warnings"]["texts"]]
    known = writer.t["definitions"]
    in_units = any(note["kind"] == "fee_in_units" for note in notes)
    unit_value = known["unit_value_fee_in_units" if in_units else "unit_value"]
    defined = [unit_value, *(str(one).format(index=writer.index) for one in known["texts"])]
    found = [writer.said("notes", happened)] if happened else []
    return [*found, writer.said("definitions", defined), writer.said("warnings", risks)]


def _known_by_then(writer: ClientWriter) -> list[str]:
    """Return what had happened by an earlier day of the run, and what is not stated of it."""
    words, counts = writer.t["events"], facts.events(writer.run)
    found = [str(words[name]).format(**values) for name, values in counts.items()]
    last = notation.day(writer.run.ledger.index[-1], writer.language)
    return [*found, str(words["not_stated"]).format(day=last)]
