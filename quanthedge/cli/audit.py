"""The command `quanthedge audit`."""

from dataclasses import asdict
from typing import Annotated

import typer

from quanthedge.cli.language import AnyLanguage, language_asked, told
from quanthedge.cli.manner import AsJson, Full, Quiet, manner_of, print_json
from quanthedge.cli.options import SAMPLE, MarketFolder
from quanthedge.cli.screen import say, stages

__all__ = ["command"]


def command(
    thing: Annotated[
        str,
        typer.Argument(
            metavar="STRATEGY",
            help="Strategy file (TOML), or an object of a Python file: my_factors.py:Mine.",
        ),
    ],
    market: MarketFolder = SAMPLE,
    dates: Annotated[
        int | None,
        typer.Option(
            min=1, help="A quick look: so many decisions of each kind; all when left out."
        ),
    ] = None,
    seed: Annotated[int, typer.Option(min=0, help="Same seed, same days and futures.")] = 0,
    start: Annotated[str | None, typer.Option(help="First day of a strategy's run.")] = None,
    end: Annotated[str | None, typer.Option(help="Last day of a strategy's run.")] = None,
    changes: Annotated[
        list[str] | None,
        typer.Option("--set", help="Change one key of a strategy (may be repeated)."),
    ] = None,
    *,
    full: Full = False,
    as_json: AsJson = False,
    quiet: Quiet = False,
    language: AnyLanguage = None,
) -> None:
    """Look for look-ahead: change the future of the market and see whether the past moves.

    The first cell that moves is named with date, code and by how much; exit code 1 when there is
    one. What is read from elsewhere than the market is named: no change of the market reaches it.
    A Python file is run, so name only files that you trust.

    Examples: quanthedge audit strategies/market_neutral.toml

    quanthedge audit my_factors.py:Mine --market data/real
    """
    from quanthedge.market import Market
    from quanthedge.studies.lookahead import audit, load_object

    chosen = language_asked(language)
    manner = manner_of(full=full, as_json=as_json, quiet=quiet)
    with stages("audit") as tell:
        tell("opening the market")
        subject = load_object(thing, changes or ())
        report = audit(
            subject,
            Market.open(market),
            dates=dates,
            seed=seed,
            start=start,
            end=end,
            tell=tell,
        )
    called = report.named(chosen)
    verdict = told("audit")["passed" if report.passed else "failed"].format(
        subject=called, cells=f"{report.cells:,}", days=len(report.days),
        findings=len(report.findings), outside=len(report.outside),
    )  # fmt: skip
    if manner == "json":
        print_json({"command": "audit", "passed": report.passed, **asdict(report)})
    elif manner == "quiet":
        typer.echo(verdict)
    else:
        say(verdict)
        said = report.to_text(chosen)
        if manner == "short":  # without the verdict, which is said, and what no audit can see
            said = "\n".join(said.splitlines()[1:-1])
        say(said, indent=2)
    if not report.passed:
        raise typer.Exit(1)
