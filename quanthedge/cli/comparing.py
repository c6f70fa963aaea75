"""Products side by side, as the terminal shows them: for `compare` and for `run --full`."""

import io
from contextlib import redirect_stdout
from typing import TYPE_CHECKING, Any

from quanthedge.cli.language import spoken, told
from quanthedge.cli.screen import print_table, wrapped

if TYPE_CHECKING:
    from quanthedge.comparison import Comparison

__all__ = ["comparison_text", "print_products"]

_SHORT = ("return", "annual_return", "volatility", "sharpe", "max_drawdown", "correlation")
_FORMS = {"sharpe": "{:.2f}", "correlation": "{:.3f}", "observations": "{:,.0f}", "days": "{:,.0f}"}


def print_products(found: "Comparison", *, full: bool) -> None:
    """Print products as a table; in full with every figure and note."""
    words = told("compare")
    table = found.table
    names = [*_SHORT, "interval", "worst_month", "losing_months", "frequency", "observations"]
    names = names if full else [*_SHORT]
    columns = [_column(table, name, words) for name in names]
    rows = [
        [words.get(f"the {product}", str(product)), *cells]
        for product, *cells in zip(table.index, *columns, strict=True)
    ]
    print_table([words["product"], *(words[name] for name in names)], rows)
    if len(found.sleeves):
        _print_sleeves(found.sleeves, words, full=full)


def _print_sleeves(table: Any, words: dict[str, str], *, full: bool) -> None:
    """Print what each sleeve of each run brought a year and tied up."""
    names = ["contribution", "margin", "capital"]
    names = [*names, "financing", "days"] if full else names
    columns = [_column(table, name, words) for name in names]
    rows = [
        [words.get(f"the {product}", str(product)), str(sleeve), *cells]
        for product, sleeve, *cells in zip(
            table["product"], table[f"name_{spoken()}"], *columns, strict=True
        )
    ]
    print_table([words["product"], words["sleeve"], *(words[name] for name in names)], rows)


def comparison_text(found: "Comparison") -> str:
    """Return all of a comparison as text."""
    page = io.StringIO()
    with redirect_stdout(page):
        print_products(found, full=True)
    notes = (f"- {note[spoken()]}" for note in found.notes)
    return "\n".join([page.getvalue().strip("\n"), *(
        line for note in notes for line in wrapped(note, indent=2)
    )])  # fmt: skip


def _column(table: Any, name: str, words: dict[str, str]) -> list[str]:
    import pandas as pd

    if name == "interval":
        low, high = table["correlation_low"], table["correlation_high"]
        return [
            f"[{one:.3f}, {two:.3f}]" if pd.notna(one) else ""
            for one, two in zip(low, high, strict=True)
        ]
    if name == "frequency":
        return [words.get(one, "") if isinstance(one, str) else "" for one in table[name]]
    form = _FORMS.get(name, "{:.2%}")
    return [form.format(one) if pd.notna(one) else "" for one in table[name]]
