"""`python -m quanthedge`: the command line where no script of it is on the path."""

from quanthedge.cli import main

if __name__ == "__main__":
    main()
