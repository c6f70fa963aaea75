"""What one begins with: a sample market, strategies by name, a folder that runs."""

from quanthedge.begin.bundle import sample_folder, strategy_names, strategy_place
from quanthedge.begin.new_folder import new_folder

__all__ = [
    "new_folder",
    "sample_folder",
    "strategy_names",
    "strategy_place",
]
