"""The command line: one file a command, joined by `app`."""

from quanthedge.cli.app import main

__all__ = ["main"]
