"""The command `quanthedge orders`."""

from pathlib import Path
from typing import Annotated

import typer

from quanthedge.cli.language import AnyLanguage, language_asked
from quanthedge.cli.manner import AsJson, Quiet, manner_of, print_json
from quanthedge.cli.options import (
    SAMPLE,
    Changes,
    MarketFolder,
    Overwrite,
    StrategyFile,
    listed,
)
from quanthedge.cli.screen import say_briefly, say_written, stages

__all__ = ["command"]

_TABLES = ("orders", "refused", "transfers", "book", "totals")


def command(
    strategy: StrategyFile,
    market: MarketFolder = SAMPLE,
    *,
    date: Annotated[
        str | None, typer.Option(help="Close at which is decided; the market's last day.")
    ] = None,
    holdings: Annotated[
        list[Path] | None,
        typer.Option(help="File of what is held, CSV or xlsx (may be repeated: stocks, futures)."),
    ] = None,
    cash: Annotated[
        Path | None, typer.Option(help="File of the money in both accounts, CSV or xlsx.")
    ] = None,
    state: Annotated[
        Path | None,
        typer.Option(help="Run folder of the strategy: its open orders, start and, alone, book."),
    ] = None,
    start: Annotated[
        str | None, typer.Option(help="First trading day of the fund; schedules count from it.")
    ] = None,
    rebalance: Annotated[
        bool, typer.Option("--rebalance", help="Rebalance though the schedule does not.")
    ] = False,
    next_day: Annotated[
        str | None, typer.Option("--next", help="Next trading day, where no calendar tells it.")
    ] = None,
    changes: Changes = None,
    out: Annotated[Path | None, typer.Option(help="Folder to write files and page into.")] = None,
    systems: Annotated[
        str, typer.Option("--format", help="Of qmt, myquant, ctp, hundsun, or several of them.")
    ] = "",
    account: Annotated[str, typer.Option(help="Stock account in these files.")] = "",
    futures_account: Annotated[str, typer.Option(help="Futures account in these files.")] = "",
    as_json: AsJson = False,
    quiet: Quiet = False,
    language: AnyLanguage = None,
    overwrite: Overwrite = False,
) -> None:
    """Show the orders of the next trading day, with a reason for each.

    Decided at the close of a day by the code of the backtest, on what the account really holds:
    rebalances, orders not done yet, the hedge with its rolls, and transfers between the two
    accounts; what cannot be traded and why; the book after it. Prices are the last closes. Rows of
    the files that are not taken are named.

    --out writes the page, every table as CSV, and with --format files in the columns of order
    systems (docs/daily.md says which, and how sure each is).

    Example: quanthedge orders strategies/market_neutral.toml --market data/sample --date 2015-07-31
    --holdings holdings.csv --cash cash.csv --out orders --format qmt,ctp
    """
    from quanthedge.cli.shelf import Shelf
    from quanthedge.daily import SYSTEMS, orders_for
    from quanthedge.market import Market
    from quanthedge.strategy import load_strategy

    chosen = language_asked(language)
    manner = manner_of(as_json=as_json, quiet=quiet)
    wanted = listed(systems, (*SYSTEMS,), "--format") if systems else []
    with stages("orders") as tell:
        tell("opening the market")
        plan = load_strategy(strategy, list(changes or []))
        orders = orders_for(
            plan,
            Market.open(market),
            date,
            holdings=holdings or None,
            cash=cash,
            run=state,
            start=start,
            rebalance=rebalance,
            next_day=next_day,
            tell=tell,
        )
    if manner == "json":
        print_json({"command": "orders", "date": orders.date, "day": orders.day,
                    **{name: getattr(orders, name) for name in (*_TABLES, "notes")}})  # fmt: skip
    elif manner == "short":
        typer.echo(orders.text(chosen))
    elif out is None:
        typer.echo(" · ".join(orders.text(chosen).split("\n")[:2]))
    if out is None:
        return
    shelf = Shelf(overwrite=overwrite)
    out.mkdir(parents=True, exist_ok=True)
    for table in _TABLES:
        shelf.write(out / f"{table}.csv", orders.csv(table, chosen), "table of orders")
    files = orders.files(wanted, account=account, futures_account=futures_account)
    for name, content in files.items():
        shelf.write(out / name, content, "order file")
    shelf.write(out / f"orders_{chosen}.html", orders.page(chosen), "page of orders")
    if manner == "quiet":
        say_briefly(list(shelf.said))
    else:
        say_written(shelf, err=manner == "json")
