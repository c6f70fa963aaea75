"""The command line of QuantHedge: from importing data to the report of a run.

Exit codes: 0 done; 1 ``check`` or ``audit`` found something or the fund went insolvent; 2 wrong
use or wrong input; 3 a fault of QuantHedge itself; 130 interrupted.
"""

import _thread
import gc
import sys
import threading
import warnings
from typing import Annotated, TextIO

import typer

from quanthedge.cli.commands import Group
from quanthedge.cli.helping import in_language
from quanthedge.cli.language import language_asked, language_of_environment, spoken, told
from quanthedge.cli.terminal import answer, leave, prepare_streams
from quanthedge.cli.told_log import shown_log
from quanthedge.words import error_said

__all__ = ["app", "main"]

app = typer.Typer(
    name="quanthedge",
    cls=Group,
    invoke_without_command=True,
    add_completion=False,
    rich_markup_mode="markdown",
    pretty_exceptions_enable=False,
    help=(
        "Backtest a market-neutral A-share fund as it would really have run.\n\n"
        "Start here: `quanthedge run market_neutral --out runs/first`, then "
        "`quanthedge report runs/first`.\n\n"
        "Exit codes: 0 done, 1 check found errors or the fund went insolvent, "
        "2 wrong use or input, 3 a fault of QuantHedge.\n\n"
        "Speaks the language of the environment, Chinese or English: QUANTHEDGE_LANGUAGE, else the "
        "system's; most errors too."
    ),
)


def _version(wanted: bool) -> None:
    if wanted:
        from quanthedge import __version__

        typer.echo(f"quanthedge {__version__}")
        raise typer.Exit


@app.callback()
def _options(
    context: typer.Context,
    version: Annotated[
        bool, typer.Option("--version", callback=_version, is_eager=True, help="Print the version.")
    ] = False,
    verbose: Annotated[
        int,
        typer.Option(
            "--verbose",
            "-v",
            count=True,
            show_default=False,
            help="Show on stderr what is done, with times; twice: every file and request, too.",
        ),
    ] = 0,
) -> None:
    """Hold the options of the command itself."""
    context.with_resource(shown_log(verbose))
    if context.invoked_subcommand is None:
        _start()


def _start() -> None:
    """Say how to begin, in a few lines."""
    language_asked(None)
    words = told("start")
    typer.echo(f"{words['title']}\n\n{words['begin']}")
    for command, what in _BEGIN.items():
        typer.echo(f"  {command:<48}{words[what]}")


_BEGIN = {
    "quanthedge run market_neutral --out runs/first": "run",
    "quanthedge report runs/first": "report",
    "quanthedge --help": "help",
}


def _told(
    message: Warning | str,
    category: type[Warning],
    filename: str,
    lineno: int,
    file: TextIO | None = None,
    line: str | None = None,
) -> None:
    """Print a warning as one line, in the language that the command speaks."""
    word = "注意：" if spoken() == "zh" else "note: "
    typer.echo(f"{word}{error_said(str(message), spoken())}", err=True)


def _commands() -> None:
    """Run the commands, with help in the language of the environment."""
    in_language(typer.main.get_command(app), language_of_environment())()


def _heard_again(lost: "sys.UnraisableHookArgs") -> None:
    """Raise Ctrl-C anew where it fell into a callback of Python's own, which drops it."""
    if lost.exc_type is KeyboardInterrupt:  # a moment later: raised here it would be dropped again
        threading.Timer(0.05, _thread.interrupt_main).start()
    else:
        sys.__unraisablehook__(lost)


def main() -> None:
    """Run the command line; every error ends in one line and an exit code."""
    warnings.showwarning = _told
    sys.unraisablehook = _heard_again
    # imports alone make hundreds of thousands of objects that stay: looking through all of them
    # for circles as often as Python does by itself takes a tenth of a run
    gc.set_threshold(500_000, 20, 50)
    prepare_streams()
    leave(answer(_commands))


if __name__ == "__main__":
    main()
