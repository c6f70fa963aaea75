"""What styles of a model are called in the reader's language."""

from collections.abc import Mapping
from typing import Any

from quanthedge.factors import factor_name
from quanthedge.report.writer import Writer
from quanthedge.risk import RISK_STYLES, RiskModel

__all__ = ["style_names"]


def style_names(writer: Writer, styles: list[str]) -> dict[str, str]:
    """Return the names of styles, called by their factors; their own names where two share one."""
    model = writer.run.strategy.risk
    factors: Mapping[str, Any] = model.styles if isinstance(model, RiskModel) else RISK_STYLES
    called = {name: factor_name(factor, writer.language) for name, factor in factors.items()}
    called |= {name: str(text) for name, text in writer.words["risk_styles"].items()}
    names = {}
    for style in styles:
        name = called.get(style, style)
        name += f" ({style})" if list(called.values()).count(name) > 1 else ""
        names[style] = name[:1].upper() + name[1:]
    return names
