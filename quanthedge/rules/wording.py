"""Words for the rows of the rule book: what a row is about, and what it says, with units."""

from collections.abc import Callable, Sequence
from decimal import Decimal, InvalidOperation
from typing import Final

from quanthedge.rules.circuit_breaker import minutes_traded
from quanthedge.rules.tables import Row

__all__ = ["place_name", "row_words"]

_PLACES: Final = {
    "SSE": "Shanghai",
    "SZSE": "Shenzhen",
    "BSE": "Beijing",
    "ALL": "all exchanges",
    "main": "main boards",
    "main_sse": "Shanghai main board",
    "SSE main": "Shanghai main board",
    "all A shares and ETFs but BSE": "all but Beijing",
    "main_szse": "Shenzhen main board",
    "chinext": "ChiNext",
    "star": "STAR",
    "bse": "Beijing",
    "all": "all boards",
}
_STATUSES: Final = {
    "normal": "",
    "ipo": ", new listing",
    "delisting_period": ", delisting period",
    "delisting_begun_before": ", delisting period begun earlier",
    "unreformed": ", before the share reform (S)",
    "relisting": ", relisting (N)",
    "reformed": ", after the share reform",
    "PT": ", particular transfer (PT)",
}
_NAMES: Final = {
    "t_plus_1": "T+1",
    "session": "trading hours",
    "closing_call": "closing call auction",
    "close_price": "closing price",
    "st_daily_buy_cap": "buying of an ST stock in a day",
    "fill_rule_suggested": "fills at the limit (suggested)",
    "threshold_1": "first threshold",
    "threshold_1_late": "first threshold, late in the day",
    "threshold_2": "second threshold",
    "suspended_from": "out of force",
    "event": "this day",
    "daily_settlement_price_no_trade": "the same, without a trade",
    "max_limit_order_lots": "largest limit order, lots",
    "open_close": "opening and closing",
    "close_today": "closing what was opened today",
    "order_fee": "each order",
    "broker_markup_note": "broker's markup",
    "position_speculative": "position of a client",
    "position_member": "position of a clearing member",
    "daily_open": "opening in a day",
    "abnormal_cancels": "cancelling that counts as abnormal",
    "if_record_filing": "record filing",
    "nav_precision": "precision of the unit value",
    "shares_precision": "precision of units",
}
_HEDGES: Final = {"yes": "; hedges exempt", "quota": "; hedges by quota", "no": "; hedges too"}
Words = tuple[str, str]


def row_words(row: Row, products: Sequence[str]) -> Words:
    """Return what a row is about and what it says.

    Parameters
    ----------
    row
        A row of any table but ``fut_expiry_moved``.
    products
        Futures products listed on the day; others that the row names are left out.
    """
    about, says = _WORDS[row.table](row)
    if "products" not in row.cells:
        return about, says
    named = row.cells["products"].split(";")
    told = [product for product in products if product in named]
    if "all" in named or told == list(products):
        return about or ", ".join(told), says
    return ": ".join(filter(None, (about, ", ".join(told)))), says


def place_name(code: str) -> str:
    """Return the name of an exchange or a board."""
    return _PLACES.get(code, code)


def _name(code: str) -> str:
    return _NAMES.get(code, code.replace("_", " "))


def _trading(row: Row) -> Words:
    board = row.cells["exchange_or_board"]
    places = ", ".join(place_name(part) for part in board.split(";"))
    return f"{_name(row.cells['topic'])}, {places}", row.cells["value"]


def _lots(row: Row) -> Words:
    lot, step = row.cells["min_buy_qty"], row.cells["buy_step"]
    buy = f"buy in lots of {lot}" if lot == step else f"buy {lot} or more in steps of {step}"
    sell, tick = row.cells["odd_lot_sale"], row.cells["tick_cny"]
    return place_name(row.cells["board"]), f"{buy}, {sell}; tick {tick} yuan"


def _stock_limit(row: Row) -> Words:
    status = row.cells["status"]
    about = place_name(row.cells["board"]) + _STATUSES.get(status, f", {status}")
    first, last = row.cells["listing_day_from"], row.cells["listing_day_to"]
    days = ""
    if last:
        days = " on the first day" if last == "1" else f" on the first {last} days"
    elif status == "delisting_period":
        days = f" from day {first} on"
    up, down = row.cells["up_limit"], row.cells["down_limit"]
    if not up:
        return about, f"no limit{days}"
    if not down:
        return about, f"+{_percent(up)} of the {row.cells['reference']}, no limit down"
    return about, f"{_around(up, down)} of the {row.cells['reference']}{days}"


def _breaker(row: Row) -> Words:
    says = _percent_first(row.cells["value"])
    if row.cells["item"] == "event":
        halt, resumed, closed = (row.cells[name] for name in ("first_halt", "resumed", "closed"))
        says = f"halted {halt}, resumed {resumed}, closed for the day {closed}; "
        says += f"{minutes_traded(row)} of 240 minutes traded"
    elif row.cells["item"] == "suspended_from":
        says = f"since {says}"
    return _name(row.cells["item"]), says


def _duty(row: Row) -> Words:
    where = row.cells["exchange"]
    about = f"{row.cells['security']} shares" + ("" if where == "ALL" else f", {place_name(where)}")
    return (
        about,
        f"buyer {_percent(row.cells['buy_rate'])}, seller {_percent(row.cells['sell_rate'])}",
    )


def _stock_fee(row: Row) -> Words:
    buy, sell = _percent(row.cells["buy_rate"]), _percent(row.cells["sell_rate"])
    rate = buy if buy == sell else f"buyer {buy}, seller {sell}"
    least = row.cells["min_amount_cny"]
    basis = row.cells["basis"].replace("_", " ")
    says = f"{rate} of the {basis}" + (f", at least {least} yuan" if least else "")
    about = f"{_name(row.cells['fee'])}, {place_name(row.cells['exchange'])}"
    return about, f"{says}; to {row.cells['payee'].replace('+', ' and ')}"


def _dividend(row: Row) -> Words:
    first, last = row.cells["holding_from_exclusive"], row.cells["holding_to_inclusive"]
    about = row.cells["investor"].replace(";", ", ")
    if last:
        about += f", held {'' if first == '0' else f'over {first} '}up to {last}"
    elif first:
        about += f", held over {first}"
    rate, paid = row.cells["tax_rate_on_cash_dividend"], row.cells["rate_at_payment"]
    if rate.startswith("same table as "):
        return about, f"as an {rate.removeprefix('same table as ')}"
    rate, paid = _percent(rate), _percent(paid)
    if rate == "0%":
        return about, "none"
    if paid in (rate, "0%"):
        return about, f"{rate}, withheld at {'sale' if paid == '0%' else 'payment'}"
    return about, f"{rate}, of which {paid} withheld at payment and the rest at sale"


def _contract(row: Row) -> Words:
    points, tick = row.cells["multiplier_cny_per_point"], row.cells["tick_points"]
    return row.cells[
        "product"
    ], f"{row.cells['underlying']}, {points} yuan a point, tick {tick} points"


def _session(row: Row) -> Words:
    cell = row.cells
    says = (
        f"{cell['morning']}, {cell['afternoon']}; call auction from {cell['call_order_entry'][:5]}"
    )
    if cell["last_trading_day_afternoon"] != cell["afternoon"]:
        says += f"; last trading day {cell['last_trading_day_afternoon']}"
    return "", says


def _settlement(row: Row) -> Words:
    return _name(row.cells["item"]), _percent_first(row.cells["value"])


def _future_limit(row: Row) -> Words:
    size = _around(row.cells["up"], row.cells["down"])
    return _name(row.cells["rule"]), f"{size} of the {row.cells['reference']}"


def _margin(row: Row) -> Words:
    tier = row.cells["contracts"]
    about = row.cells["product"] + ("" if tier == "all" else f", {tier}")
    short, hedge_short, long, hedge_long = (
        _percent(row.cells[name])
        for name in ("spec_short", "hedge_short", "spec_long", "hedge_long")
    )
    says = f"short {short}, hedging short {hedge_short}"
    if (long, hedge_long) == (short, hedge_short):
        return about, f"{says}; long the same"
    return about, f"{says}; long {long}, hedging long {hedge_long}"


def _future_fee(row: Row) -> Words:
    rate, unit = row.cells["rate"], row.cells["unit"]
    if rate == "same as open_close":
        says = "as opening and closing"
    elif unit.startswith("CNY"):
        says = f"{rate} {unit.replace('CNY', 'yuan', 1)}"
    else:
        says = f"{_percent(rate)} {unit}".strip()
    return _name(row.cells["fee"]), says


def _client_limit(row: Row) -> Words:
    lots, scope = row.cells["lots"], row.cells["scope"]
    about = _name(row.cells["limit"])
    if scope.startswith("order-cancel"):
        return about, f"{lots} {scope}"
    size = f"{lots} lots" if lots.isdecimal() else lots
    return about, f"{size}; {scope}{_HEDGES.get(row.cells['hedge_exempt'], '')}"


def _quota(row: Row) -> Words:
    return _name(row.cells["key"]), row.cells["value"]


def _fund(row: Row) -> Words:
    return _name(row.cells["key"]), f"{row.cells['applies_to']}: {row.cells['value']}"


def _deposit(row: Row) -> Words:
    demand, one_year = row.cells["demand_pct"], row.cells["one_year_pct"]
    return "demand and one year", f"demand {demand}%, one year {one_year}%"


def _around(up: str, down: str) -> str:
    """Return a limit up and down, as one figure where they are alike."""
    return f"±{_percent(up)}" if up == down else f"+{_percent(up)}, -{_percent(down)}"


def _percent_first(text: str) -> str:
    """Return a text with its first word, a fraction, as percent; other text unchanged."""
    first, _, rest = text.partition(" ")
    return f"{_percent(first)} {rest}" if first.startswith("0.") else text


def _percent(text: str) -> str:
    """Return a fraction as percent without losing a digit; other text unchanged."""
    try:
        share = (Decimal(text) * 100).normalize()
    except InvalidOperation:
        return text
    return f"{share:f}%"


_WORDS: Final[dict[str, Callable[[Row], Words]]] = {
    "stock_trading_rules": _trading,
    "stock_lots_ticks": _lots,
    "stock_price_limit": _stock_limit,
    "circuit_breaker": _breaker,
    "stock_stamp_duty": _duty,
    "stock_fees": _stock_fee,
    "dividend_tax": _dividend,
    "fut_contracts": _contract,
    "fut_sessions": _session,
    "fut_settlement": _settlement,
    "fut_price_limit": _future_limit,
    "fut_margin": _margin,
    "fut_fees": _future_fee,
    "fut_limits": _client_limit,
    "fut_hedge_quota": _quota,
    "fund_rules": _fund,
    "rate_deposit_benchmark": _deposit,
}
