"""What styles of a model are called in the reader's language."""

from quanthedge.factors import factor_name
from quanthedge.report.writer import Writer
from quanthedge.risk import RiskModel

__all__ = ["style_names"]


def style_names(writer: Writer, styles: list[str]) -> dict[str, str]:
    """Return the names of styles, called by their factors; their own names where two share one."""
    given = writer.run.strategy.risk
    model = given if isinstance(given, RiskModel) else RiskModel()
    called = {name: factor_name(one, writer.language) for name, one in model.styles.items()}
    called |= {name: str(text) for name, text in writer.words["risk_styles"].items()}
    names = {}
    for style in styles:
        name = called.get(style, style)
        name += f" ({style})" if list(called.values()).count(name) > 1 else ""
        names[style] = name[:1].upper() + name[1:]
    return names
