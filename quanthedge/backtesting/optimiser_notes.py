"""What a reader must know of the books that an optimiser decided."""

import numpy as np

from quanthedge.backtesting.narrative import bilingual, note
from quanthedge.backtesting.plan import Prepared
from quanthedge.words import Bilingual

__all__ = ["optimiser_notes"]


def optimiser_notes(prepared: Prepared) -> list[Bilingual]:
    """Say what decisions came to, which bounds were loosened, and where nothing was feasible."""
    table = prepared.selection.decisions
    if table.empty:
        return []
    whole = table[table["status"] != "infeasible"]
    notes = [
        note(
            "optimised",
            count=len(table),
            low=f"{whole['tracking_error'].min():.1%}",
            high=f"{whole['tracking_error'].max():.1%}",
            beta=f"{np.nanmax(np.abs([*whole['beta_left'], 0.0])):.4f}",
            lots=f"{whole['lot_loss_bp'].max():.2f}",
        )
    ]
    loosened = table.loc[table["relaxed"] != "", "relaxed"]
    if len(loosened):
        kinds = [
            sorted({one.split(" ", 1)[0].rstrip(":") for one in text.split("; ")})
            for text in loosened
        ]
        counts = {name: sum(name in one for one in kinds) for one in kinds for name in one}
        listed = [(name, str(count)) for name, count in sorted(counts.items())]
        notes.append(bilingual("optimised_relaxed", listed))
    kept = table[table["status"] == "infeasible"]
    if len(kept):
        days = ", ".join(f"{day:%Y-%m-%d}" for day in kept["date"])
        notes.append(note("optimised_kept", count=len(kept), listed=days))
    return notes
