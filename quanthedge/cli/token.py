"""The command `quanthedge token`."""

import json
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from quanthedge.cli.language import AnyLanguage, language_asked, told
from quanthedge.cli.manner import AsJson, Quiet, manner_of, print_json
from quanthedge.cli.options import SAMPLE, MarketFolder, Overwrite
from quanthedge.cli.screen import display_width, padded, say_written

if TYPE_CHECKING:
    import pandas as pd

__all__ = ["command"]


def command(
    product: Annotated[Path, typer.Argument(help="Product file (TOML).")],
    prices: Annotated[
        Path | None,
        typer.Option(help="CSV with columns date (or time) and price; high and low if known."),
    ] = None,
    market: MarketFolder = SAMPLE,
    index: Annotated[str, typer.Option(help="Index of the dataset to follow.")] = "000300.SH",
    changes: Annotated[
        list[str] | None, typer.Option("--set", help="Change one key (may be repeated).")
    ] = None,
    out: Annotated[Path | None, typer.Option(help="Folder for bars.csv and summary.json.")] = None,
    overwrite: Overwrite = False,
    as_json: AsJson = False,
    quiet: Quiet = False,
    language: AnyLanguage = None,
) -> None:
    """Follow a leveraged product along a price: leverage held, decay, and where it comes from.

    The price is that of a CSV file, or an index of a dataset.

    Example: quanthedge token strategies/leveraged_token.toml --market data/sample --out runs/token
    """
    from quanthedge.cli.shelf import Shelf
    from quanthedge.products.leverage import load_exposure, read_prices

    language_asked(language)
    manner, words = manner_of(as_json=as_json, quiet=quiet), told("token")
    model = load_exposure(product, changes or ())
    if prices is not None:
        frame, source = read_prices(prices), str(prices)
    else:
        frame, source = _index_bars(market, index), words["of"].format(index=index, market=market)
    found = model.run(frame["price"], high=frame.get("high"), low=frame.get("low"))
    figures = {str(key): float(value) for key, value in found.summary().items()}
    name = model.name or product.stem
    summary = {
        "product": model.model_dump(mode="json"), "prices": source, "figures": figures
    }  # fmt: skip
    if manner == "json":
        print_json({"command": "token", **summary})
    elif manner == "quiet":
        typer.echo(words["one_line"].format(
            name=name, total=f"{figures['total_return']:+.2%}", decay=f"{figures['decay']:+.2%}",
            underlying=f"{figures['underlying_return']:+.2%}",
        ))  # fmt: skip
    else:
        typer.echo(words["head"].format(name=name, target=f"{model.target:g}", source=source))
        first, last = (f"{day}".removesuffix(" 00:00:00") for day in frame.index[[0, -1]])
        typer.echo(words["bars"].format(count=f"{len(frame):,}", first=first, last=last))
        _print(figures, words)
    if out is not None:
        text = json.dumps(summary, indent=2, ensure_ascii=False)
        shelf = Shelf(overwrite=overwrite)
        shelf.write(out / "summary.json", text + "\n", "product's summary")
        shelf.write(out / "bars.csv", found.frame.to_csv(index_label="time"), "table of bars")
        if manner != "quiet":
            say_written(shelf, err=manner == "json")


def _print(figures: dict[str, float], words: dict[str, str]) -> None:
    """Print the figures of a product, a line each."""
    names = {key: words.get(str(key), str(key)) for key in figures}
    width = max(map(display_width, names.values()))
    for key, value in figures.items():
        typer.echo(f"  {padded(names[key], width, right=True)}  {value:+.6f}")


def _index_bars(market: Path, index: str) -> "pd.DataFrame":
    """Return an index's closes, highs and lows."""
    from quanthedge.market import Market

    bars = Market.open(market).index_bars(index)
    return bars.rename(columns={"close": "price"})[["price", "high", "low"]]
