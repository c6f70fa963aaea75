"""What a run shows of itself: its span, returns side by side, neutrality, and what to call next."""

from quanthedge.cards import Card
from quanthedge.performance import summary_of
from quanthedge.record import Record
from quanthedge.words import Bilingual, in_both, texts

__all__ = ["result_card"]


def result_card(run: Record) -> Card:
    """Return the card of a run."""
    said = texts("quanthedge.backtesting", "card")
    title = {
        "en": str(said["title"]["en"]).format(name=run.strategy.name),
        "zh": str(said["title"]["zh"]).format(name=run.strategy.name_zh or run.strategy.name),
    }
    days = run.ledger.index
    if len(days) < 2:
        return Card(title, [said["no_day"]], [], [])
    statistics, last = summary_of(run).card(), f"{days[-1]:%Y-%m-%d}"
    facts: list[Bilingual] = [
        in_both(
            said["span"], start=f"{days[1]:%Y-%m-%d}", end=last, days=f"{len(days) - 1:,}",
            market=run.market_info["name"], capital=f"{run.ledger['equity'].iloc[0]:,.0f}",
            closing=f"{run.ledger['equity'].iloc[-1]:,.0f}",
        ),
        *statistics.facts,
    ]  # fmt: skip
    if run.notes:
        facts.append(in_both(said["notes"], n=len(run.notes)))
    steps = [
        ("result.summary()", said["summary"]),
        ('result.plot("drawdown")', said["plot"]),
        (f'result.positions_on("{last}")', said["positions"]),
        ('result.report("report.html")', said["report"]),
    ]
    return Card(title, facts, statistics.figures, steps, heads=statistics.heads)
