"""Simulated markets whose truth is known: betas, factor premia, basis, events."""

from quanthedge.market.simulation.settings import BasisProcess, SimulationSettings, Style
from quanthedge.market.simulation.simulate import SimulatedMarket, simulate_market, simulate_tables
from quanthedge.market.simulation.truth import Truth

__all__ = [
    "BasisProcess",
    "SimulatedMarket",
    "SimulationSettings",
    "Style",
    "Truth",
    "simulate_market",
    "simulate_tables",
]
