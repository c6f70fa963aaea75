"""The command `quanthedge factors`."""

from typing import TYPE_CHECKING, Annotated, Any

import typer

from quanthedge.cli.language import AnyLanguage, language_asked
from quanthedge.cli.manner import AsJson, print_json
from quanthedge.cli.options import SAMPLE, MarketFolder
from quanthedge.cli.screen import printed, table_of

if TYPE_CHECKING:
    import pandas as pd

    from quanthedge.market import Market
    from quanthedge.typing import Language

__all__ = ["command"]

_BAR = 30  # characters of a whole year's coverage


def command(
    name: Annotated[
        str | None, typer.Argument(help="Factor, for its whole card; without it, the list.")
    ] = None,
    family: Annotated[
        str | None,
        typer.Option(help="Only these: valuation, quality, growth, estimates, sentiment ..."),
    ] = None,
    market: MarketFolder = SAMPLE,
    as_json: AsJson = False,
    language: AnyLanguage = None,
) -> None:
    """List the factors of the library, or show one: formula, source, sign, needs, coverage.

    Says which of them the market carries.

    Example: quanthedge factors accruals --market data/sample --language en
    """
    from quanthedge.errors import StrategyError
    from quanthedge.market import Market

    chosen = language_asked(language)
    if name is not None and family is not None:
        raise StrategyError("factors: a NAME or --family, not both")
    opened = Market.open(market)
    if as_json:
        print_json({"command": "factors", "market": opened.name, **_data(name, family, opened)})
    elif name is None:
        _list(family, opened, chosen)
    else:
        _card(name, opened, chosen)


def _words(language: "Language") -> dict[str, str]:
    from quanthedge.words import texts

    return {
        key: text[language] for key, text in texts("quanthedge.factors", "wording")["card"].items()
    }


def _family(name: str, language: "Language") -> str:
    from quanthedge.words import texts

    return str(texts("quanthedge.factors", "wording")["family"][name][language])


def _data(name: str | None, family: str | None, market: "Market") -> dict[str, object]:
    """Return for machines the library, or one factor."""
    from quanthedge.factors import factor_card, library

    if name is None:
        return {"factors": library(family, market)}
    return {"factor": factor_card(name, market)}


def _list(family: str | None, market: "Market", language: "Language") -> None:
    from quanthedge.factors import library

    words, table = _words(language), library(family, market)
    columns = [words[key] if key else "" for key in ("kind", "name", "", "needs", "available")]
    title = words["library"].format(count=len(table))
    shown = table_of(columns, (), f"{title}, {market.name}")
    for group, rows in table.groupby("family", sort=False):
        shown.add_section()
        shown.add_row(f"[bold]{_family(str(group), language)}[/bold]", *[""] * (len(columns) - 1))
        for kind, row in rows.iterrows():
            shown.add_row(str(kind), *_cells(row, words, language))
    printed(shown)


def _cells(row: "pd.Series[Any]", words: dict[str, str], language: "Language") -> list[str]:
    tables = dict.fromkeys(need.split(" ")[0] for need in str(row["needs"]).split("; "))
    told = words["yes"] if row["available"] else words["no"].format(reason=row["reason"])
    return [str(row[language]), "+" if row["sign"] > 0 else "-", ", ".join(tables), told]


def _card(name: str, market: "Market", language: "Language") -> None:
    from quanthedge.factors import factor_card

    card, words = factor_card(name, market), _words(language)
    chinese = language == "zh"
    parameters = [
        f"{key} = {value}: {card['parameters_zh'][key] if chinese else said}"
        for key, (value, said) in card["parameters"].items()
    ]
    lines = {
        "name": f"{card[language]} ({name})",
        "family": _family(card["family"], language),
        "sign": words["high"] if card["sign"] > 0 else words["low"],
        "formula": card["formula_zh" if chinese else "formula"],
        "undefined": card["undefined_zh"] if chinese else card["notes"].get("Undefined", ""),
        "source": card["source"],
        "needs": str(card["needs"]).replace("; ", "\n"),
        "parameters": "\n".join(parameters),
    }
    told = words["no"].format(reason=card["reason"])
    lines["available"] = words["yes"] if card["available"] else told
    rows = [(words[key], text) for key, text in lines.items() if text]
    printed(table_of(("", ""), rows, ""))
    if card["available"]:
        _coverage(name, market, words)


def _coverage(name: str, market: "Market", words: dict[str, str]) -> None:
    from quanthedge.factors import Factor, factor_coverage

    share = factor_coverage(Factor.builtin()[name](), market)  # type: ignore[arg-type]
    rows = [
        (str(year), f"{value:.0%}", "█" * round(_BAR * float(value)))
        for year, value in share.items()
    ]
    title = words["coverage"].format(market=market.name)
    printed(table_of((words["year"], words["covers"], ""), rows, title))
