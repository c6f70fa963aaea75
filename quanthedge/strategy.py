"""A strategy as plain data: read from TOML, or built in Python from the same parts."""

import difflib
from collections.abc import Iterable
from datetime import date
from pathlib import Path
from typing import Annotated, Any, Literal, Self, get_args

from pydantic import BaseModel, ConfigDict, Field, ValidationError, model_validator

from quanthedge.alpha import FactorTerm, Transforms
from quanthedge.beta import Estimator, Kalman
from quanthedge.comparison import Product
from quanthedge.documents import check_kinds, check_plain, parse_value, printable, read_document
from quanthedge.errors import StrategyError
from quanthedge.fund import Clients, FundTerms
from quanthedge.hedge import HedgeRule
from quanthedge.ledger.terms import Accounts, Costs, Execution
from quanthedge.performance import StyleModel
from quanthedge.portfolio import LargestUniverse, Schedule, Selector, Universe

__all__ = ["Strategy", "apply_changes", "load_strategy"]


class NamedWindow(BaseModel):
    """A spell of the market, both days counted."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    name: str = Field(min_length=1)
    start: date
    end: date

    @model_validator(mode="after")
    def _ordered(self) -> Self:
        if self.start > self.end:
            raise ValueError(f"window {self.name}: start {self.start} is after end {self.end}")
        return self


_LONGEST_FOUND = 200  # letters of a value that a message repeats
_MOST_FAULTS = 8  # that a message names


class Strategy(BaseModel):
    """A complete market-neutral fund: which stocks, how hedged, at what cost, under which terms.

    Examples
    --------
    >>> from quanthedge.alpha import FactorTerm
    >>> from quanthedge.factors import BookYield
    >>> strategy = Strategy(name="book", factors=[FactorTerm(factor=BookYield(), weight=1.0)])
    >>> strategy.hedge.product
    'IF'
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    name: str = Field(min_length=1, description="Name shown on the report.")
    description: str = Field(default="", description="A paragraph saying what the strategy is.")
    name_zh: str = Field(default="", description="Name on the Chinese report.")
    description_zh: str = Field(default="", description="Paragraph on the Chinese report.")
    capital_yuan: float = Field(default=100_000_000.0, gt=0, le=1e12)
    benchmark: str = Field(
        default="000300.SH", description="Index against which neutrality is judged."
    )
    risk_free: Annotated[float, Field(gt=-1, lt=1)] | Literal["deposit"] = Field(
        default=0.0,
        description="Rate taken off in the Sharpe and Sortino ratios: a fraction a year, or "
        "'deposit', the demand deposit rate of the People's Bank.",
    )
    invested_fraction: float = Field(
        default=0.75,
        gt=0,
        le=3,
        description="Stock book on a rebalance day, fraction of equity; above 1 only with a loan.",
    )
    universe: Universe = Field(default_factory=LargestUniverse)
    factors: list[FactorTerm] = Field(min_length=1)
    transforms: Transforms = Field(default_factory=Transforms)
    selector: Selector = Field(default_factory=Selector)
    rebalance: Schedule = Field(default_factory=Schedule)
    beta: Estimator = Field(default_factory=Kalman)
    hedge: HedgeRule = Field(default_factory=HedgeRule)
    execution: Execution = Field(default_factory=Execution)
    costs: Costs = Field(default_factory=Costs)
    accounts: Accounts = Field(default_factory=Accounts)
    fund: FundTerms = Field(default_factory=FundTerms)
    clients: Clients | None = Field(
        default=None,
        description="Investors, their flows and the method of the performance fee; by default one "
        "founder and one mark for the whole fund.",
    )
    style_model: StyleModel | None = Field(
        default=None,
        description="Risk model by which the report splits the alpha into broad market, industry, "
        "styles and specific; an empty section takes ten styles. Nothing else uses it.",
    )
    windows: list[NamedWindow] = Field(
        default_factory=list, description="Further spells that the report's stress chapter shows."
    )

    comparison: list[Product] = Field(
        default_factory=list,
        description="Products that the report sets beside the fund: a stated yield, published "
        "numbers, a file of unit values.",
    )

    @model_validator(mode="after")
    def _plain(self) -> Self:
        """Refuse what neither a ledger nor a page can take, whoever built the strategy."""
        check_plain(self.model_dump(), "strategy")
        return self

    @model_validator(mode="after")
    def _products_differ(self) -> Self:
        for names in (
            [one.name for one in self.comparison],
            [one.name_zh for one in self.comparison if one.name_zh],
        ):
            twice = next((name for name in names if names.count(name) > 1), None)
            if twice is not None:
                raise ValueError(f"comparison: the name {twice!r} comes twice")
        return self

    @model_validator(mode="after")
    def _fits(self) -> Self:
        if self.beta.method == "top_down" and self.beta.kind != "ols":
            raise ValueError(
                f"beta.method top_down is an ordinary regression of the book's own returns; "
                f"beta.kind {self.beta.kind} takes bottom_up"
            )
        if self.beta.method == "top_down" and len(self.hedge.products) > 1:
            raise ValueError("beta.method top_down hedges one product; take bottom_up")
        if self.invested_fraction > 1 and self.accounts.borrowed == 0:
            raise ValueError(
                f"invested_fraction {self.invested_fraction} needs accounts.borrowed above 0"
            )
        if self.fund.service_fee_per_year > 0 and not self._has_class_c():
            raise ValueError(
                "fund.service_fee_per_year is borne by units of class C, and there are none; add "
                "clients with share_class C"
            )
        return self

    def _has_class_c(self) -> bool:
        """Return whether anybody may hold units of class C."""
        if self.clients is None:
            return False
        flows = (flow.share_class == "C" for flow in self.clients.flows)
        return self.clients.founders_class == "C" or any(flows)


def _accepted_keys(location: tuple[int | str, ...]) -> list[str]:
    """Return the keys that are accepted where the misspelt one stood."""
    models: list[Any] = [Strategy]
    for part in location[:-1]:
        if isinstance(part, int):
            continue
        tagged = [m for m in models if _tag(m) == part]
        if tagged:
            models = tagged
            continue
        fields = [m.model_fields[part].annotation for m in models if part in m.model_fields]
        models = [model for annotation in fields for model in _models_in(annotation)]
    return sorted({name for model in models for name in model.model_fields})


def _models_in(annotation: Any) -> list[Any]:
    """Return the models that an annotation such as ``list[A | B]`` is made of."""
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        return [annotation]
    return [model for inner in get_args(annotation) for model in _models_in(inner)]


def _tag(model: Any) -> object:
    """Return the ``kind`` that chooses the model in a union."""
    kind = model.model_fields.get("kind")
    return kind.default if kind is not None else None


def _explain(error: ValidationError, origin: str) -> str:
    """One sentence a fault: key path, what was found, what is accepted."""
    faults = []
    for item in error.errors(include_url=False):
        path = printable(".".join(str(part) for part in item["loc"]))
        message = item["msg"].removeprefix("Value error, ")
        if item["type"] == "extra_forbidden":
            accepted = _accepted_keys(item["loc"])
            close = difflib.get_close_matches(str(item["loc"][-1]), accepted, n=1)
            message = "unknown key"
            if close:
                message += f", did you mean '{close[0]}'?"
            elif accepted:
                message += f"; accepted here: {', '.join(accepted)}"
        elif item["type"] not in {"missing", "union_tag_not_found"}:
            found = repr(item["input"])
            # a rule between several keys is told of the whole table: the sentence names the keys
            message += f" (found {found})" if len(found) <= _LONGEST_FOUND else ""
        faults.append(f"{path}: {message}" if path else message)
    more = len(faults) - _MOST_FAULTS
    told = faults[:_MOST_FAULTS] + ([f"and {more} more"] if more > 0 else [])
    return f"{origin}: " + "; ".join(told)


_DEEPEST_CHANGE = 12  # tables that a --set may go down


def apply_changes(document: dict[str, Any], changes: Iterable[str]) -> None:
    """Write ``a.b.0.c=value`` changes into a document, or raise StrategyError."""
    for change in changes:
        key, separator, text = change.partition("=")
        shown = printable(repr(change))
        parts = key.strip().split(".")
        if not separator or not all(map(str.strip, parts)):
            raise StrategyError(f"--set {shown}: expected key=value, for instance selector.n=50")
        if len(parts) > _DEEPEST_CHANGE:
            raise StrategyError(f"--set {shown}: goes down {len(parts)} tables; no strategy does")
        node: Any = document
        for part in parts[:-1]:
            if isinstance(node, dict):
                node = node.setdefault(part, {})
            else:
                node = node[_entry(node, part, shown)]
        if isinstance(node, dict):
            node[parts[-1]] = parse_value(text.strip())
        else:
            node[_entry(node, parts[-1], shown)] = parse_value(text.strip())
    check_plain(document, "--set")


def _entry(node: Any, part: str, change: str) -> int:
    """Return the place in a list that a part of a key names."""
    if isinstance(node, list):
        for number in range(len(node)):
            if part == str(number):
                return number
    raise StrategyError(f"--set {change}: {printable(part)!r} leads nowhere in the strategy")


def _place_files(document: dict[str, Any], folder: Path) -> None:
    """Let relative files of unit values begin at the strategy's folder."""
    entries = document.get("comparison")
    for entry in entries if isinstance(entries, list) else []:
        name = entry.get("file") if isinstance(entry, dict) else None
        if isinstance(name, str) and not Path(name).is_absolute():
            entry["file"] = str((folder / name).resolve())


def load_strategy(path: str | Path, changes: Iterable[str] = ()) -> Strategy:
    """Strategy read from a TOML (or JSON) file, with ``key=value`` changes applied.

    Parameters
    ----------
    path : str or Path
        A file such as those in ``strategies/``, or the ``strategy.json`` of a run folder.
    changes : iterable of str
        For instance ``["selector.n=50", "beta.window=120"]``.

    Raises
    ------
    StrategyError
        When the file is missing, is not TOML, or has an unknown key or a value out of range; the
        message
        names the key and what is accepted.
    """
    path = Path(path)
    document = read_document(path, "strategy")
    apply_changes(document, changes)
    _place_files(document, path.parent)
    try:
        strategy = Strategy.model_validate(document)
    except ValidationError as error:
        raise StrategyError(_explain(error, f"strategy {path}")) from error
    check_kinds(document, strategy.model_dump(), f"strategy {path}")
    return strategy
