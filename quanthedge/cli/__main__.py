"""`python -m quanthedge.cli`."""

from quanthedge.cli.app import main

main()
