"""The command line: one file a command, joined by `app`."""

from quanthedge.cli.app import app, main

__all__ = ["app", "main"]
