"""Commands run in the process of the tests, which saves the start of another one."""

import contextlib
import io
import subprocess

import typer

from quanthedge.cli.app import app
from quanthedge.cli.terminal import answer

COMMANDS = typer.main.get_command(app)  # built once, not for each call


def inside(*arguments: object) -> subprocess.CompletedProcess[str]:
    """Run a command as ``quanthedge`` does it; exit code, output and errors of a process."""
    words = [str(one) for one in arguments]
    output, errors = io.StringIO(), io.StringIO()
    with contextlib.redirect_stdout(output), contextlib.redirect_stderr(errors):
        code = answer(lambda: COMMANDS(words))
    return subprocess.CompletedProcess(words, code, output.getvalue(), errors.getvalue())
