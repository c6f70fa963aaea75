"""Products named on a command line: what a run is set beside."""

from typing import TYPE_CHECKING, Annotated

import typer

from quanthedge.documents import printable
from quanthedge.errors import StrategyError

if TYPE_CHECKING:
    from quanthedge.comparison import FixedIncome, Stated

__all__ = ["FixedRates", "products"]

FixedRates = Annotated[
    list[str] | None, typer.Option(help="NAME=RATE a year, as in trust=0.08; may be repeated.")
]


def products(
    nav: list[str] | None, fixed: list[str] | None, stated: list[str] | None
) -> dict[str, object]:
    """Return the products named on a command line, by name.

    Raises
    ------
    DataError
        When a name comes twice, or a file or number cannot be read.
    """
    from quanthedge.comparison import Products, read_unit_values

    return Products(
        *({name: read_unit_values(value)} for name, value in map(_pair, nav or [])),
        *({name: _fixed(name, value)} for name, value in map(_pair, fixed or [])),
        *({name: _stated(name, value)} for name, value in map(_pair, stated or [])),
    )


def _pair(text: str) -> tuple[str, str]:
    name, sign, value = text.partition("=")
    if not (name and sign and value) or printable(name) != name:
        raise StrategyError(f"{printable(text)!r}: accepted: NAME=VALUE")
    return name, value


def _number(name: str, text: str) -> float:
    try:
        return float(text)
    except ValueError as error:
        raise StrategyError(f"{name}={text}: a number is needed, as in 0.08") from error


def _fixed(name: str, value: str) -> "FixedIncome":
    from quanthedge.comparison import FixedIncome

    return FixedIncome(_number(name, value))


def _stated(name: str, value: str) -> "Stated":
    from quanthedge.comparison import Stated

    numbers = [_number(name, part) for part in value.split(",")]
    if len(numbers) > 2:
        raise StrategyError(f"{name}={value}: accepted: RETURN or RETURN,CORRELATION")
    return Stated(numbers[0], numbers[1] if len(numbers) == 2 else None)
