"""The contract that a rule asks for on a day, whether or not the data hold it.

CFFEX lists the current month, the next and the two quarter months after it, so the contract that a
rule of choice names is known without any price. Where it cannot be traded, another is held: that is
written down here, day by day, so that nothing is taken for what it is not.
"""

from typing import NamedTuple

import numpy as np

from quanthedge.hedge.contracts.chain import ContractChain, contract_month, month_after
from quanthedge.hedge.contracts.choice import Choice
from quanthedge.typing import Days, Floats

__all__ = ["Nearest", "Substitution", "nearest_months", "substitution"]

_QUARTER = 3  # months


class Substitution(NamedTuple):
    """A day on which the rule's contract was not the one held.

    Attributes
    ----------
    date : datetime64[D]
    asked : str
        The contract that the rule asks for; "" where only a later one is certain.
    held : str
        The contract held instead; "" = none.
    reason : {"absent", "no_price", "stuck", "unknown"}
        The contract asked for has no bar; it has one, but no price at which it can be traded; the
        one held has none, so that it cannot be bought back; the figures by which the rule chooses
        (open interest, spreads, carry) are not known.
    """

    date: np.datetime64
    asked: str
    held: str
    reason: str


class Nearest(NamedTuple):
    """The nearest month's contract of a day by the calendar, and the trading days that it has."""

    name: str
    left: int


def nearest_months(chain: ContractChain, calendar: Days, first: int, last: int) -> list[Nearest]:
    """Return the nearest month's contract of each day, also where the data do not have it.

    The last trading day of a contract that the data never name is the rule book's. Contracts before
    the first one of the data count as never listed.
    """
    from quanthedge.rules import third_friday

    calendar = np.asarray(calendar, dtype="datetime64[D]")
    ends = dict(zip(chain.contracts, chain.last_trading_day, strict=True))

    def end_of(name: str) -> np.datetime64:
        if name not in ends:
            ends[name] = third_friday(2000 + int(name[-4:-2]), int(name[-2:]))
        return np.datetime64(ends[name], "D")

    found = []
    for day in chain.dates[first : last + 1]:
        name = f"{chain.product}{str(day)[2:4]}{str(day)[5:7]}"
        name = max(name, chain.contracts[0])
        name = name if day <= end_of(name) else month_after(name)
        end = end_of(name)
        place = int(np.searchsorted(calendar, end))
        if end > calendar[-1]:
            place = calendar.size - 1 + int(np.busday_count(calendar[-1], end))
        found.append(Nearest(name, place - int(np.searchsorted(calendar, day))))
    return found


def substitution(
    choice: Choice, row: int, before: int, held: int, nearest: Nearest, yesterday: Nearest | None
) -> Substitution | None:
    """Return what was asked for and what was held instead on a day; None where they agree.

    Parameters
    ----------
    choice : Choice
    row : int
        The day.
    before, held : int
        Positions of the contracts held before and after the trading of the day, -1 = none.
    nearest, yesterday : Nearest
        Of the day, and of the day before, whose figures a rule goes by; None = before the data.
    """
    chain = choice.chain
    name = chain.contracts[held] if held >= 0 else ""
    if choice.contract in ("main", "cheapest_carry"):
        over = held < 0 or int(choice.remaining[row, held]) <= choice.roll_days
        if over:
            return Substitution(chain.dates[row], "", name, "absent" if held < 0 else "stuck")
    else:
        asked = _asked(choice, row, held, nearest)
        if asked != name:
            return Substitution(chain.dates[row], asked, name, _reason(choice, row, held, asked))
    if yesterday is not None and held >= 0 and _unseen(choice, row, before, held, yesterday):
        return Substitution(chain.dates[row], "", name, "unknown")
    return None


def _asked(choice: Choice, row: int, held: int, nearest: Nearest) -> str:
    """Return the contract to be held after the trading of a day by "front", "next", "quarter"."""
    following = month_after(nearest.name)
    wanted = {
        "front": following if nearest.left <= choice.roll_days else nearest.name,
        "next": following,
        "quarter": _quarter_after(following),
    }[choice.contract]
    if held < 0:
        return wanted
    name = choice.chain.contracts[held]
    over = int(choice.remaining[row, held]) <= choice.roll_days
    month, asked = contract_month(name), contract_month(wanted)
    if over and month >= asked:  # roll days that reach into the life of the contract asked for
        return _quarter_after(name) if choice.contract == "quarter" else month_after(name)
    ages = choice.contract == "quarter" and not over and month < asked and _is_quarter(name)
    early = choice.roll != "days" and month > asked
    return name if ages or early else wanted


def _is_quarter(name: str) -> bool:
    return int(name[-2:]) % _QUARTER == 0


def _quarter_after(contract: str) -> str:
    """Return the first quarter month after a contract.

    >>> _quarter_after("IF1411"), _quarter_after("IF1412")
    ('IF1412', 'IF1503')
    """
    name = month_after(contract)
    while not _is_quarter(name):
        name = month_after(name)
    return name


def _reason(choice: Choice, row: int, held: int, asked: str) -> str:
    place = choice.chain.position.get(asked)
    if place is None or not choice.chain.present[row, place]:
        return "absent"
    return "stuck" if choice.tradable[row, place] and held >= 0 else "no_price"


def _unseen(choice: Choice, row: int, before: int, held: int, yesterday: Nearest) -> bool:
    """Whether the figures by which the rule chooses are not known for a contract then listed.

    They are those of the close before. Within the roll days a rule asks for none.
    """
    chain = choice.chain
    listed = _listed(yesterday.name)
    if choice.contract == "main":
        return not _known(chain, chain.open_interest[row - 1], listed[:2])
    if choice.contract == "cheapest_carry":
        return before != held and not _known(chain, chain.mark[row - 1], listed)
    if choice.roll == "days" or int(choice.remaining[row, held]) <= choice.roll_days:
        return False
    following = month_after(chain.contracts[held])
    if following not in listed:
        return False
    if choice.roll == "open_interest":
        pair = [chain.contracts[held], following]
        return not _known(chain, chain.open_interest[row - 1], pair)
    near = int(choice.remaining[row, held]) <= choice.roll_days + choice.roll_window
    place = chain.position.get(following, -1)
    return near and (place < 0 or not choice.spread_known(row - 1, held, place))


def _known(chain: ContractChain, values: Floats, names: list[str]) -> bool:
    places = [chain.position.get(name, -1) for name in names]
    return all(m >= 0 and np.isfinite(values[m]) for m in places)


def _listed(nearest: str) -> list[str]:
    """Return the four months that the exchange lists."""
    following = month_after(nearest)
    quarter = _quarter_after(following)
    return [nearest, following, quarter, _quarter_after(quarter)]
