"""A strategy as plain data: read from TOML, or built in Python from the same parts."""

import copy
from collections.abc import Iterable, Mapping, Sequence
from datetime import date, datetime
from pathlib import Path
from typing import Annotated, Any, Literal, Self

import numpy as np
import pandas as pd
from pydantic import BaseModel, ConfigDict, Field, model_validator

from quanthedge.alpha import AlphaModel, FactorTerm
from quanthedge.begin import strategy_place
from quanthedge.beta import BetaEstimator, Kalman
from quanthedge.cards import Card, Carded
from quanthedge.documents import Document
from quanthedge.errors import StrategyError
from quanthedge.factors import Factor, Transforms
from quanthedge.fund import Clients, FundTerms
from quanthedge.hedge import HedgeRule
from quanthedge.kinds import OwnCode, parts_in
from quanthedge.layers import Layers
from quanthedge.ledger import Accounts, Costs, Execution
from quanthedge.plain import Plain, Told
from quanthedge.portfolio import Periodic, Schedule, Selector, TopSelector
from quanthedge.risk import AnyRiskModel
from quanthedge.signals import GivenTable
from quanthedge.sleeves import Sleeve
from quanthedge.sleeves.sharing import FixedShares, Sharing
from quanthedge.strategy.card import strategy_card
from quanthedge.strategy.own_words import warn_of_stale_words
from quanthedge.strategy.particulars import Particulars, with_files
from quanthedge.strategy.products import Product
from quanthedge.typing import Language
from quanthedge.universe import LargestUniverse, Universe
from quanthedge.valuation import Valuation
from quanthedge.words import texts

__all__ = ["Strategy", "load_strategy"]


class NamedWindow(Plain):
    """A spell of the market, both days counted."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    name: str = Field(min_length=1, description="Name of the spell in the report.")
    start: date = Field(description="First day of the spell.")
    end: date = Field(description="Last day of the spell.")

    @model_validator(mode="after")
    def _ordered(self) -> Self:
        if self.start > self.end:
            raise ValueError(f"window {self.name}: start {self.start} is after end {self.end}")
        return self


class Strategy(Carded, Told):
    """A complete market-neutral fund: which stocks, how hedged, at what cost, under which terms.

    Examples
    --------
    >>> from quanthedge.alpha import AlphaModel, FactorTerm
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
    capital_yuan: float = Field(
        default=100_000_000.0, gt=0, le=1e12, description="Money that the fund begins with, yuan."
    )
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
        ge=0,
        le=3,
        description="Stock book on a rebalance day, fraction of equity; above 1 only with a loan, "
        "0 where sleeves are all that the fund holds.",
    )
    universe: Universe = Field(default_factory=LargestUniverse)
    factors: list[FactorTerm] = Field(
        default_factory=list,
        description="Factors with weights; none where [alpha] takes their place, or a table of "
        "weights the selector's.",
    )
    alpha: AlphaModel | None = Field(
        default=None,
        description="A library of factors and how they are combined, in place of [[factors]].",
    )
    transforms: Transforms = Field(default_factory=Transforms)
    selector: Selector = Field(default_factory=TopSelector)
    rebalance: Schedule = Field(default_factory=Periodic)
    layers: Layers = Field(default_factory=Layers)
    beta: BetaEstimator = Field(default_factory=Kalman)
    hedge: HedgeRule = Field(default_factory=HedgeRule)
    execution: Execution = Field(default_factory=Execution)
    costs: Costs = Field(default_factory=Costs)
    accounts: Accounts = Field(default_factory=Accounts)
    valuation: Valuation = Field(default_factory=Valuation)
    fund: FundTerms = Field(default_factory=FundTerms)
    sleeves: list[Sleeve] = Field(
        default_factory=list,
        description="Further books in the same accounts: arbitrage of baskets and contracts, each "
        "with a budget. They come after the stocks, in their order, for money and limits.",
    )
    sharing: Sharing = Field(
        default_factory=FixedShares,
        description="How the money is split over the stocks and the sleeves; by default as their "
        "budgets stand.",
    )
    clients: Clients | None = Field(
        default=None,
        description="Investors, their flows and the method of the performance fee; by default one "
        "founder and one mark for the whole fund.",
    )
    risk: AnyRiskModel | None = Field(
        default=None,
        description="Model of risk: by it an optimised selector decides, the report splits the "
        "alpha into market, industries, styles and specific, and holds the forecast risk of the "
        "book against what came. Kinds: cne (characteristics; an empty section takes ten styles), "
        "pca and ledoit_wolf (returns alone).",
    )
    windows: list[NamedWindow] = Field(
        default_factory=list, description="Further spells that the report's stress chapter shows."
    )

    comparison: list[Product] = Field(
        default_factory=list,
        description="Products that the report sets beside the fund: a stated yield, published "
        "numbers, a file of unit values.",
    )
    product: Particulars | None = Field(
        default=None,
        description="Particulars of the fund for its papers: people, dealing, logo, comments. They "
        "change no figure.",
    )

    @model_validator(mode="after")
    def _plain(self) -> Self:
        """Refuse what neither a ledger nor a page can take, whoever built the strategy."""
        Document(self.model_dump()).check_plain("strategy")
        for part in parts_in(self):
            part.check_parameters()
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
    def _sleeves_fit(self) -> Self:
        labels = [one.label for one in self.sleeves]
        if not labels and self.sharing.kind != "fixed":
            raise ValueError(
                f"sharing {self.sharing.kind} splits money over sleeves, and there are none; add "
                "[[sleeves]], or take kind fixed"
            )
        sized = next((one for one in self.sleeves if one.budget_of != "capital"), None)
        if sized is not None and self.sharing.kind != "fixed":
            raise ValueError(
                f"sharing {self.sharing.kind} splits budgets of capital, and that of {sized.label} "
                f"is of {sized.budget_of}; accepted: sharing fixed, or budgets of capital"
            )
        twice = next((label for label in labels if labels.count(label) > 1), None)
        if twice is not None:
            raise ValueError(f"sleeves: the label {twice!r} comes twice")
        if "stocks" in labels:
            raise ValueError("sleeves: the label stocks is that of the strategy's own stocks")
        if self.sleeves and self.accounts.borrowed > 0:
            raise ValueError("sleeves: accounts.borrowed goes with the stocks alone; accepted: 0")
        if self.sleeves and self.hedge.sells_nothing:
            raise ValueError("sleeves: their contracts are of hedge.product; accepted: a hedge")
        for one in self.sleeves:
            if one.product not in self.hedge.products:
                raise ValueError(
                    f"sleeves: {one.label} trades {one.product}; accepted: {self.hedge.products}"
                )
        return self

    @model_validator(mode="after")
    def _sleeves_decide_where_they_trade(self) -> Self:
        try:
            self.sleeves_as_filled()
        except StrategyError as problem:
            raise ValueError(str(problem)) from problem
        return self

    @model_validator(mode="after")
    def _scored(self) -> Self:
        if self.factors and self.alpha is not None:
            raise ValueError("factors and alpha: accepted is one of them; leave out the other")
        asked = bool(self.factors) or self.alpha is not None
        if self.invested_fraction == 0:
            if not self.sleeves or asked:
                raise ValueError(
                    "invested_fraction 0 holds no stocks of its own: accepted with sleeves, and "
                    "without factors and alpha"
                )
            return self
        if self.selector.needs_scores and not asked:
            raise ValueError(
                "factors: at least one is needed, by which the selector chooses, or a section alpha"
            )
        if asked and not self.selector.needs_scores:
            raise ValueError(
                f"{'factors' if self.factors else 'alpha'}: selector.kind {self.selector.kind} "
                "states the weights itself and looks at none; leave them out (factors=[])"
            )
        return self

    @model_validator(mode="after")
    def _layers_fit(self) -> Self:
        """Refuse layers that the rest of the strategy gives nothing to decide by."""
        allocation, industry = self.layers.allocation, self.layers.industry
        if self.hedge.sells_nothing and {"discount", "hedge_cost"} & {*allocation.asks}:
            raise ValueError(
                f"layers.allocation {allocation.kind} goes by what the hedge costs, and nothing is "
                "hedged; accepted: a hedge, or another kind"
            )
        if "expected_alpha" in allocation.asks and not self.selector.needs_scores:
            raise ValueError(
                f"layers.allocation {allocation.kind} goes by what scores are expected to earn; "
                f"selector.kind {self.selector.kind} looks at none; take another kind"
            )
        if industry.kind != "none" and not self.selector.needs_circumstances:
            raise ValueError(
                f"layers.industry {industry.kind}: selector.kind {self.selector.kind} weighs no "
                "industries against an index; take a selector that does, or leave the tilt out"
            )
        if industry.kind != "none" and len(self.hedge.products) > 1:
            raise ValueError(
                f"layers.industry {industry.kind} is held against one index; hedge.product names "
                "several"
            )
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
        if self.hedge.fill == "open_after_stocks" and (
            self.execution.fill != "open" or self.execution.sale_proceeds == "after_fill"
        ):
            raise ValueError(
                "hedge.fill open_after_stocks needs stocks filled at their open (execution.fill "
                "open, and not sale_proceeds after_fill): what is bought later cannot be known at "
                "the futures' open; take hedge.fill open, vwap, settlement or close"
            )
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

    def sleeves_as_filled(self) -> tuple[Sleeve, ...]:
        """Return the sleeves as they decide at the price at which contracts are traded."""
        fill = self.hedge.fill_price(self.execution.fill)
        return tuple(one.filled_at("open" if fill == "open" else "close") for one in self.sleeves)

    def called(self, language: Language) -> str:
        """Return its name in a language."""
        return (self.name_zh if language == "zh" else "") or self.name

    def sleeve_names(self, language: Language) -> dict[str, str]:
        """Return what each sleeve is called, by its label; the strategy's own stocks first."""
        found = {"stocks": str(texts("quanthedge.strategy", "card")["own_stocks"][language])}
        for one in self.sleeves:
            found[one.label] = (one.label_zh if language == "zh" else "") or one.label
        return found

    def card(self) -> Card:
        """Return how stocks are chosen, hedged and paid for, and what to call next."""
        return strategy_card(self)

    def all_factors(self) -> tuple[Factor, ...]:
        """Return the factors that stocks are chosen by: those with weights, or of the library."""
        if self.alpha is not None:
            return self.alpha.factors()
        return tuple(term.factor for term in self.factors)

    def change(self, *changes: str | Mapping[str, Any], **values: Any) -> Self:
        """Return the strategy with some keys changed, as ``--set`` changes a strategy file.

        Parameters
        ----------
        *changes : str or mapping
            ``"selector.n=50"``, its value read as TOML; or ``{"selector.n": 50}``, values as they
            are. A table given whole takes its other keys from the defaults. A key changed by itself
            leaves the others as they were given, ``kind`` too: a key that the new kind does not
            know is an error that names it, for nothing that was asked for is dropped unsaid. To
            begin a section anew give it whole, ``"risk={kind='pca'}"``.
        **values
            Keys of the strategy itself: ``capital_yuan=5e7``.

        Raises
        ------
        StrategyError
            When a key is unknown, a value out of range, or two of them do not go together.

        Examples
        --------
        >>> strategy = load_strategy("strategies/market_neutral.toml")
        >>> changed = strategy.change("selector.n=50", {"fund.high_water_mark": "pre_fee"})
        >>> changed.selector.n
        50
        """
        document, before = Document(_given(self)), _given(self)
        for change in (*changes, values):
            if isinstance(change, str):
                document.change([change])
            elif isinstance(change, Mapping):
                for key, value in change.items():
                    document.place(str(key), _plain_value(value))
            else:
                raise StrategyError(
                    f"change({change!r}): accepted: texts such as 'selector.n=50', mappings such "
                    "as {'selector.n': 50}, and keys of the strategy as keywords"
                )
        warn_of_stale_words(before, document)
        own = OwnCode.of(self)
        where = f"strategy '{self.name}' changed"
        changed = type(self).model_validate(document, context=_from(where, own))
        document.check_kinds(changed.model_dump(), where)
        return changed

    def loaded(self, folder: str | Path) -> Self:
        """Return the strategy with the user's own classes loaded, which runs their code.

        A strategy made of plain data, such as that of a run folder, keeps own classes as they are
        named: this looks for their files in a folder, or for modules that can be imported.

        Parameters
        ----------
        folder : str or Path
            Where the strategy's file lies; a run folder's own copies are taken there.

        Raises
        ------
        StrategyError
            When there is no such file or class, or its parameters are wrong.
        """
        own = OwnCode(Path(folder))
        return type(self).model_validate(
            _given(self), context=_from(f"strategy '{self.name}'", own)
        )

    def _has_class_c(self) -> bool:
        """Return whether anybody may hold units of class C."""
        if self.clients is None:
            return False
        flows = (flow.share_class == "C" for flow in self.clients.flows)
        return self.clients.founders_class == "C" or any(flows)

    def borrows(self) -> bool:
        """Return whether the strategy draws a loan."""
        return self.accounts.borrowed > 0

    def is_itself(self, name: str) -> bool:
        """Return whether a variant is the strategy as it stands."""
        if name == "ungated":
            return not self.layers.gated
        if name == "stocks_alone":
            return not self.sleeves
        return name == ("levered" if self.borrows() else "unlevered")

    def variant(self, name: str) -> "Strategy":
        """Return a variant of the strategy: see :func:`quanthedge.strategy.variants.variant`."""
        from quanthedge.strategy.variants import variant

        return variant(self, name)

    def with_tables(self) -> "Strategy":
        """Return the strategy with every table read, each named by the digest of its rows.

        Raises
        ------
        DataError
            A file is missing or holds no such table.
        """
        waiting = [part for part in GivenTable.within(self) if not part.digest]
        for part in waiting:
            part.scores  # noqa: B018 -- read now: what it cannot read is told here
        return self.change() if waiting else self


def _from(origin: str, own: OwnCode) -> dict[str, Any]:
    """Return the context of a check: where a strategy comes from, and where own classes are."""
    risk = dict.fromkeys(("RiskModel", "StatisticalRiskModel"), f"{origin}: risk")
    product = {"Particulars": f"{origin}: product"}
    return {"origin": {"Strategy": origin, **risk, **product}, "own": own}


def _given(part: Any) -> Any:
    """Return plain data as a file would give it: what was set, and each kind, no defaults.

    Defaults stay out so that another ``kind`` may be chosen: its keys are others.
    """
    if isinstance(part, BaseModel):
        names = [name for name in type(part).model_fields if name in part.model_fields_set]
        kind = ["kind"] if "kind" in type(part).model_fields and "kind" not in names else []
        more = part.model_extra or {}  # of an own class that is not loaded
        return {name: _given(getattr(part, name)) for name in [*kind, *names]} | _given(more)
    if isinstance(part, Mapping):
        return {name: _given(one) for name, one in part.items()}
    if isinstance(part, Sequence) and not isinstance(part, str):
        return [_given(one) for one in part]
    return part


def _plain_value(value: Any) -> Any:
    """Return a value given in Python as plain data: numbers of numpy are numbers, frames rows.

    A timestamp at midnight, as frames have them, is a day.
    """
    if isinstance(value, pd.DataFrame):
        if value.empty:
            raise StrategyError("change: found a table without rows; accepted: one row or more")
        return _plain_value(value.to_dict("records"))
    if isinstance(value, datetime | np.datetime64):
        moment = pd.Timestamp(value)
        whole = not pd.isna(moment) and moment.tz is None and moment == moment.normalize()
        return moment.date() if whole else value
    if isinstance(value, dict):
        return {name: _plain_value(one) for name, one in value.items()}
    if isinstance(value, list):
        return [_plain_value(one) for one in value]
    return value.item() if hasattr(value, "item") and getattr(value, "ndim", 1) == 0 else value


def _place_files(document: dict[str, Any], folder: Path) -> None:
    """Let relative files of unit values begin at the strategy's folder."""
    entries = document.get("comparison")
    for entry in entries if isinstance(entries, list) else []:
        name = entry.get("file") if isinstance(entry, dict) else None
        if isinstance(name, str) and not Path(name).is_absolute():
            entry["file"] = str((folder / name).resolve())


def _read_product(document: dict[str, Any], folder: Path, where: str) -> None:
    """Read in the logo and the comments that the section on the product names."""
    if isinstance(document.get("product"), dict):
        document["product"] = with_files(document["product"], folder, f"{where}: product")


def load_strategy(path: str | Path, changes: Iterable[str] | str = ()) -> Strategy:
    """Strategy read from a TOML (or JSON) file, with ``key=value`` changes applied.

    The user's own classes that it names (``kind = "my_factors:Mine"``) are loaded, which runs their
    file: ``my_factors.py`` beside the strategy, the copy that a run folder keeps, or a module that
    can be imported.

    Parameters
    ----------
    path : str or Path
        A file, the ``strategy.json`` of a run folder, or the name of a strategy that comes with
        the package (``market_neutral``), where no such file exists.
    changes : iterable of str
        For instance ``["selector.n=50", "beta.window=120"]``; one alone may stand by itself.

    Raises
    ------
    StrategyError
        When the file is missing, is not TOML, or has an unknown key or a value out of range; the
        message
        names the key and what is accepted.

    Examples
    --------
    >>> import quanthedge as qh
    >>> strategy = qh.load_strategy("market_neutral", ["selector.n=50", "hedge.ratio=0.9"])
    >>> strategy.selector.n, strategy.hedge.ratio
    (50, 0.9)
    """
    if not isinstance(path, str | Path):
        raise StrategyError(
            f"load_strategy: found a {type(path).__name__}; accepted: the path of a file"
        )
    path = strategy_place(path)
    document = Document.read(path, "strategy")
    before = copy.deepcopy(document)
    document.change(changes)
    warn_of_stale_words(before, document)
    _place_files(document, path.parent)
    _read_product(document, path.parent, f"strategy {path}")
    own = OwnCode(path.parent)
    strategy = Strategy.model_validate(document, context=_from(f"strategy {path}", own))
    document.check_kinds(strategy.model_dump(), f"strategy {path}")
    return strategy
