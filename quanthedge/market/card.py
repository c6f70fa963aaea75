"""What a market shows of itself: span, size, indices and futures; nothing is read for it twice."""

from typing import TYPE_CHECKING

from quanthedge.cards import Card, Cell
from quanthedge.words import Bilingual, in_both, texts

if TYPE_CHECKING:
    from quanthedge.market.dataset import Market

__all__ = ["market_card"]


def market_card(market: "Market") -> Card:
    """Return the card of a market."""
    said = texts("quanthedge.market", "card")
    first, last, facts = market.dates[0], market.dates[-1], list[Bilingual]()
    if market.is_cut:
        facts.append(in_both(said["cut"], day=last))
    if market.assumptions:
        facts.append(in_both(said["assumptions"], n=len(market.assumptions)))
    figures: list[tuple[Cell, ...]] = [
        (said["span"], f"{first} – {last}"),
        (said["days"], f"{len(market.dates):,}"),
        (said["stocks"], f"{len(market.codes):,}"),
        (said["indices"], _listed(market.index_codes(), said["none"])),
        (said["futures"], _listed(market.futures_products(), said["none"])),
    ]
    steps = [
        ('market.panel("close")', said["panel"]),
        (f'market.explain("{market.codes[0]}", "{last}")', said["explain"]),
        (f'market.until("{market.dates[len(market.dates) // 2]}")', said["until"]),
        ("qh.backtest(strategy, market)", said["backtest"]),
    ]
    return Card(in_both(said["title"], name=market.name), facts, figures, steps)


def _listed(names: list[str], none: Bilingual) -> Cell:
    return ", ".join(names) if names else none
