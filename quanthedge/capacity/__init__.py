"""How much money a strategy carries: net return against the size of the fund."""

from quanthedge.capacity.curve import capacity_curve, capacity_figure, capacity_spec
from quanthedge.capacity.impact import modelled_impact

__all__ = ["capacity_curve", "capacity_figure", "capacity_spec", "modelled_impact"]
