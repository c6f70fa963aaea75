"""The look that pages of evidence, of judgements and of orders have in common."""

from collections.abc import Mapping
from typing import Any

import numpy as np

from quanthedge.report.figure_style import gain_and_loss_colours
from quanthedge.report.web_fonts import FAMILY
from quanthedge.typing import Language
from quanthedge.words import templates

__all__ = ["page_of", "round_steps"]

_DARK = {"red": "#ff8a80", "green": "#7fd6a0"}


def page_of(content: Mapping[str, Any], language: Language, template: str, *packages: str) -> str:
    """Return a template of some packages with its content, in the language's colours."""
    gain, loss = gain_and_loss_colours(language)
    dark = ("red", "green") if language == "zh" else ("green", "red")
    page = templates(*packages).get_template(template)
    return page.render(
        **content,
        face=FAMILY,
        gain=gain,
        loss=loss,
        gain_dark=_DARK[dark[0]],
        loss_dark=_DARK[dark[1]],
    )


def round_steps(low: float, high: float, wanted: int = 5) -> list[float]:
    """Return round numbers that divide a range."""
    raw = (high - low) / wanted
    size = 10.0 ** np.floor(np.log10(raw))
    step = next(size * m for m in (1.0, 2.0, 5.0, 10.0) if size * m >= raw)
    first = np.ceil(low / step) * step
    return [round(float(first + i * step), 12) for i in range(int((high - first) / step) + 1)]
