"""What each table of the rule book must have: its key, its numbers, and what may be empty."""

from collections.abc import Mapping
from dataclasses import dataclass, field

__all__ = ["SCHEMAS", "Schema"]

_EXCHANGES = {"ALL": ("SSE", "SZSE", "BSE")}
_MAIN = ("main_sse", "main_szse")


@dataclass(frozen=True)
class Schema:
    """What a table must have.

    ``key`` columns say what a row is about, and ``stands_for`` what an entry there includes;
    ``numbers`` are finite and not negative, ``optional`` ones may be empty; ``filled`` cells hold a
    number or a text, ``texts`` anything. ``start`` and ``end`` are the columns of the dates.
    """

    key: tuple[str, ...] = ()
    numbers: tuple[str, ...] = ()
    stands_for: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    optional: tuple[str, ...] = ()
    filled: tuple[str, ...] = ()
    texts: tuple[str, ...] = ()
    start: str = "effective_from"
    end: str = "effective_to"

    @property
    def columns(self) -> set[str]:
        """Return the columns that a table must have; an end of its own dates may be left out."""
        named = (*self.key, *self.numbers, *self.optional, *self.filled, *self.texts)
        return {self.start, *named, "source_ids", "confidence", "note"}


SCHEMAS: dict[str, Schema] = {
    "stock_trading_rules": Schema(("topic", "exchange_or_board"), filled=("value",)),
    "stock_lots_ticks": Schema(
        ("board",),
        ("min_buy_qty", "buy_step", "tick_cny"),
        filled=("odd_lot_sale",),
    ),
    "stock_price_limit": Schema(
        ("board", "status", "listing_day_from"),
        ("listing_day_from",),
        {"main": _MAIN, "all": (*_MAIN, "chinext", "star", "bse")},
        optional=("listing_day_to", "up_limit", "down_limit"),
        filled=("reference",),
    ),
    "circuit_breaker": Schema(
        ("item",), filled=("value",), texts=("first_halt", "resumed", "closed")
    ),
    "stock_stamp_duty": Schema(("exchange", "security"), ("buy_rate", "sell_rate"), _EXCHANGES),
    "stock_fees": Schema(
        ("fee", "exchange"),
        ("buy_rate", "sell_rate"),
        _EXCHANGES,
        optional=("min_amount_cny",),
        filled=("basis", "payee"),
    ),
    "dividend_tax": Schema(
        ("investor", "holding_from_exclusive"),
        filled=("tax_rate_on_cash_dividend", "rate_at_payment", "withheld"),
        texts=("holding_to_inclusive",),
    ),
    "fut_contracts": Schema(
        ("product",),
        ("multiplier_cny_per_point", "tick_points"),
        filled=("underlying", "contract_months", "last_trading_day", "settlement"),
        start="listing_date",
    ),
    "fut_expiry_moved": Schema(
        ("contract_month",), filled=("holiday",), start="third_friday", end="last_trading_day"
    ),
    "fut_sessions": Schema(
        ("products",),
        filled=("call_order_entry", "morning", "afternoon", "last_trading_day_afternoon"),
    ),
    "fut_settlement": Schema(("item", "products"), filled=("value",)),
    "fut_price_limit": Schema(("rule", "products"), ("up", "down"), filled=("reference",)),
    "fut_margin": Schema(
        ("product", "contracts"),
        ("spec_long", "spec_short", "hedge_long", "hedge_short"),
        {"all": ("two nearest", "two quarter months")},
    ),
    "fut_fees": Schema(("fee", "products"), filled=("rate",), texts=("unit",)),
    "fut_limits": Schema(
        ("limit", "products"), filled=("lots", "scope", "per"), texts=("hedge_exempt",)
    ),
    "fut_hedge_quota": Schema(("key",), filled=("value",)),
    "fund_rules": Schema(("key", "applies_to"), filled=("value",)),
    "rate_deposit_benchmark": Schema(numbers=("demand_pct", "one_year_pct")),
}
