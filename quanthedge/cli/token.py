"""The command `quanthedge token`."""

import json
from collections.abc import Iterable
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from quanthedge.cli.terminal import Overwrite

if TYPE_CHECKING:
    import pandas as pd

    from quanthedge.products.leverage import LeveragedExposure

__all__ = ["load_exposure", "token_command"]


def load_exposure(path: str | Path, changes: Iterable[str] = ()) -> "LeveragedExposure":
    """Return a product read from a TOML file, with ``key=value`` changes applied.

    Raises
    ------
    StrategyError
        When the file cannot be read, or has an unknown key or a value out of range.
    """
    from quanthedge.documents import check_kinds, read_document
    from quanthedge.products.leverage import LeveragedExposure
    from quanthedge.strategy import apply_changes

    path = Path(path)
    document = read_document(path, "product")
    apply_changes(document, changes)
    origin = {"origin": {"LeveragedExposure": f"product {path}"}}
    model = LeveragedExposure.model_validate(document, context=origin)
    check_kinds(document, model.model_dump(), f"product {path}")
    return model


def token_command(
    product: Annotated[Path, typer.Argument(help="Product file (TOML).")],
    prices: Annotated[
        Path | None,
        typer.Option(help="CSV with columns date (or time) and price; high and low if known."),
    ] = None,
    market: Annotated[Path, typer.Option(help="Folder of a dataset.")] = Path("data/sample"),
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
        for path, said in shelf.said.items():
            typer.echo(f"{said} {path}")


def read_prices(path: Path) -> "pd.DataFrame":
    """Return a CSV file's prices by time; DataError names what is wrong with it."""
    import pandas as pd

    from quanthedge.documents import read_cells
    from quanthedge.errors import DataError

    frame = read_cells(path, "prices")
    time = next((name for name in ("time", "date") if name in frame.columns), None)
    if time is None or "price" not in frame.columns:
        raise DataError(
            f"{path}: columns {', '.join(map(str, frame.columns))}; needed are date (or time) and "
            "price"
        )
    text = frame[time].str.strip()
    eight = text.str.fullmatch(r"\d{8}")
    text = text.where(~eight, text.str[:4] + "-" + text.str[4:6] + "-" + text.str[6:])
    shaped = text.str.match(r"\d{4}-\d{2}-\d{2}")
    times = pd.to_datetime(text.where(shaped), format="ISO8601", errors="coerce", utc=False)
    _refuse(path, frame, time, times.isna(), "2015-01-31, 20150131, 2015-01-31 09:30:00")
    columns = {time: times}
    for name in ("price", "high", "low"):
        if name in frame.columns:
            columns[name] = pd.to_numeric(frame[name], errors="coerce")
            _refuse(path, frame, name, columns[name].isna(), "a number")
    return pd.DataFrame(columns).set_index(time)


def _refuse(
    path: Path, frame: "pd.DataFrame", column: str, wrong: "pd.Series", accepted: str
) -> None:
    """Raise DataError at the first wrong cell of a column."""
    from quanthedge.errors import DataError

    if wrong.any():
        line = frame.index[int(wrong.to_numpy().argmax())]
        raise DataError(
            f"{path}, line {line}, column {column}: {frame.loc[line, column]!r}; "
            f"accepted: {accepted}"
        )


def _index_bars(market: Path, index: str) -> "pd.DataFrame":
    """Return an index's closes, highs and lows."""
    from quanthedge.market import Market

    bars = Market.open(market).index_bars(index)
    return bars.rename(columns={"close": "price"})[["price", "high", "low"]]
