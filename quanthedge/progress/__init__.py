"""How far a long work is: a line that says so where somebody looks."""

from quanthedge.progress.line import Teller, telling

__all__ = ["Teller", "telling"]
