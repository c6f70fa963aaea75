"""The command `quanthedge token`."""

import json
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from quanthedge.cli.options import MarketFolder, Overwrite
from quanthedge.cli.screen import say_written

if TYPE_CHECKING:
    import pandas as pd

__all__ = ["command"]


def command(
    product: Annotated[Path, typer.Argument(help="Product file (TOML).")],
    prices: Annotated[
        Path | None,
        typer.Option(help="CSV with columns date (or time) and price; high and low if known."),
    ] = None,
    market: MarketFolder = Path("data/sample"),
    index: Annotated[str, typer.Option(help="Index of the dataset to follow.")] = "000300.SH",
    changes: Annotated[
        list[str] | None, typer.Option("--set", help="Change one key (may be repeated).")
    ] = None,
    out: Annotated[Path | None, typer.Option(help="Folder for bars.csv and summary.json.")] = None,
    overwrite: Overwrite = False,
) -> None:
    """Follow a leveraged product along a price: leverage held, decay, and where it comes from.

    The price is that of a CSV file, or an index of a dataset.

    Example: quanthedge token strategies/leveraged_token.toml --market data/sample --out runs/token
    """
    from quanthedge.cli.shelf import Shelf
    from quanthedge.products.leverage import load_exposure, read_prices

    model = load_exposure(product, changes or ())
    if prices is not None:
        frame, source = read_prices(prices), str(prices)
    else:
        frame, source = _index_bars(market, index), f"{index} of {market}"
    found = model.run(frame["price"], high=frame.get("high"), low=frame.get("low"))
    first, last = frame.index[0], frame.index[-1]
    typer.echo(f"{model.name or product.stem}: {model.target:g} times {source}")
    typer.echo(f"{len(frame):,} bars from {first} to {last}")
    for name, value in found.summary().items():
        typer.echo(f"{name!s:>26}  {value:+.6f}")
    if out is not None:
        summary = {
            "product": model.model_dump(mode="json"),
            "prices": source,
            "figures": found.summary().to_dict(),
        }
        text = json.dumps(summary, indent=2, ensure_ascii=False)
        shelf = Shelf(overwrite=overwrite)
        shelf.write(out / "summary.json", text + "\n", "product's summary")
        shelf.write(out / "bars.csv", found.frame.to_csv(index_label="time"), "table of bars")
        say_written(shelf)


def _index_bars(market: Path, index: str) -> "pd.DataFrame":
    """Return an index's closes, highs and lows."""
    from quanthedge.market import Market

    bars = Market.open(market).index_bars(index)
    return bars.rename(columns={"close": "price"})[["price", "high", "low"]]
