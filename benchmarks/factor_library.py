"""The page of all factors of the library, and the table of what each of them reads.

    python -m benchmarks.factor_library [--market data/sample]

writes docs/factor_library.md from the catalogue and the docstrings, the tables of docs/factors.md,
and quanthedge/factors/needs.csv from what each factor reads of a market that carries all of them.
"""

import argparse
import csv
from pathlib import Path

from benchmarks.pages import markdown, write_between
from quanthedge import Market
from quanthedge.conditions.macro import indicators
from quanthedge.factors import CATALOGUE, library
from quanthedge.factors.needs import needs_of
from quanthedge.words import texts

ROOT = Path(__file__).parents[1]
PAGE = ROOT / "docs" / "factor_library.md"
NEEDS = ROOT / "quanthedge" / "factors" / "needs.csv"
_HEAD = """# The library of factors

Made by `python -m benchmarks.factor_library`; do not edit. The same in Python:
`qh.factors.library()`; at the command line: `quanthedge factors`, with a name for one factor's
card, with `--market` for what a market carries. How factors work: [factors.md](factors.md).

Every exposure is raw, one number a day and stock, NaN where it is not defined; row t uses what was
public by the close of day t. The sign says whether research finds that high (+) or low (-)
exposures earn more. What a table is: [dataset.md](dataset.md).
"""


def write_needs(market: Market) -> None:
    """Write what each factor reads of the market."""
    with NEEDS.open("w", encoding="utf-8", newline="") as file:
        rows = csv.writer(file, lineterminator="\n")
        rows.writerow(["kind", "needs"])
        for kind, made in CATALOGUE.classes().items():
            rows.writerow([kind, "; ".join(needs_of(made(), market))])


def page() -> str:
    """Return the page: a table for each family."""
    table = library()
    words = texts("quanthedge.factors", "wording")["family"]
    parts = [_HEAD, f"\n{len(table)} factors in {table['family'].nunique()} families.\n"]
    for family, rows in table.groupby("family", sort=False):
        name = words[str(family)]
        parts.append(f"\n## {name['en'].capitalize()} ({name['zh']})\n\n")
        parts.append("| kind | name | sign | formula | needs | source |\n")
        parts.append("| --- | --- | --- | --- | --- | --- |\n")
        for kind, row in rows.iterrows():
            sign = "+" if row["sign"] > 0 else "-"
            formula = str(row["formula"]).replace("|", "\\|")
            parts.append(
                f"| `{kind}` | {row['en']}, {row['zh']} | {sign} | {formula} | {row['needs']} | "
                f"{row['source']} |\n"
            )
    return "".join(parts)


def catalogue_table() -> str:
    """Return the factors of the catalogue as one table, without formulas."""
    rows = [
        [f"`{kind}`", row["en"], row["zh"], row["family"], "+" if row["sign"] > 0 else "-",
         row["source"]]
        for kind, row in library().iterrows()
    ]  # fmt: skip
    return markdown(["kind", "name", "名称", "family", "sign", "source"], rows)


def conditions_table() -> str:
    """Return the macro indicators as a table."""
    rows = [
        [f"{name}", row["en"], row["zh"], row["formula_en"], row["source"]]
        for name, row in indicators().iterrows()
    ]
    return markdown(["indicator", "name", "名称", "formula", "source"], rows)


def main() -> None:
    """Write the table of needs and the pages."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--market", type=Path, default=ROOT / "data" / "sample")
    write_needs(Market.open(parser.parse_args().market))
    PAGE.write_text(page(), encoding="utf-8")
    factors = PAGE.with_name("factors.md")
    write_between(factors, "catalogue", catalogue_table())
    write_between(factors, "conditions", conditions_table())


if __name__ == "__main__":
    main()
