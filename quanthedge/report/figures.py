"""The waterfall of any period of a run as a plotly figure."""

from typing import TYPE_CHECKING

from quanthedge.record import Record
from quanthedge.report.figure_style import Spec
from quanthedge.report.waterfall import bridge_waterfall
from quanthedge.typing import Language

if TYPE_CHECKING:
    import plotly.graph_objects as go

__all__ = ["bridge_figure"]


def bridge_figure(
    result: Record,
    language: Language = "en",
    *,
    start: str | None = None,
    end: str | None = None,
    investor: bool = False,
) -> "go.Figure":
    """Return the waterfall of the profit bridge for any period.

    From the sources of P&L to the change in net assets in yuan, with ``investor`` to the net return
    of one yuan.
    """
    found = bridge_waterfall(result, language, start=start, end=end, investor=investor)
    return _figure(found)


def _figure(spec: Spec) -> "go.Figure":
    import plotly.graph_objects as go

    return go.Figure(spec)
