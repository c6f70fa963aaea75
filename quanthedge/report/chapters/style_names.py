"""What styles of a model are called in the reader's language."""

from quanthedge.report.writer import Writer
from quanthedge.risk import STYLES

__all__ = ["style_names"]


def style_names(writer: Writer, styles: list[str]) -> dict[str, str]:
    """Return the names of styles, called by their factors; their own names where two share one."""
    model = writer.run.strategy.style_model
    own = STYLES if model is None else model.styles
    kinds = {name: str(style.kind) for name, style in own.items()}
    factors = writer.words["factors"]
    names = {}
    for style in styles:
        kind = kinds.get(style, style)
        name = str(factors.get(kind, style))
        name += f" ({style})" if list(kinds.values()).count(kind) > 1 else ""
        names[style] = name[:1].upper() + name[1:]
    return names
