"""Random but consistent tables of a run: the ledger obeys the accounting identity."""

import numpy as np
import pandas as pd

from quanthedge.backtesting.result import Result
from quanthedge.ledger import line_names
from tests.records import plain_strategy, record_of

INCOME = ("stock_pnl", "dividends", "futures_pnl", "interest")


def random_ledger(days: int, seed: int = 0, start: str = "2014-09-16") -> pd.DataFrame:
    """A hedged book of 75 million on 100 million yuan; the first row is the opening.

    In the middle third suspended stocks are stated below their last closes; the performance fee
    that has accrued wavers, and leavers take their part of it with them.
    """
    rng = np.random.default_rng(seed)
    index = pd.bdate_range(start, periods=days + 1, name="date")
    market = np.append(0.0, rng.normal(0.0003, 0.016, days))
    own = np.append(0.0, rng.normal(0.0005, 0.004, days))
    held = np.append(0.0, np.full(days, 75e6))
    ledger = pd.DataFrame(index=index)
    ledger["stock_pnl"] = held * (0.95 * market + own)
    ledger["dividends"] = held * 1e-5
    ledger["held_pnl"] = ledger["stock_pnl"] + ledger["dividends"]
    ledger["futures_pnl"] = -held * 0.95 * market
    ledger["interest"] = np.where(held > 0, 800.0, 0.0)
    scale = np.append(0.0, rng.uniform(0.5, 1.5, days))
    lines = (*line_names("cost"), *line_names("fee"))
    for line, amount in zip(
        lines, (900, 500, 60, 30, 300, 2500, 80, 40, 0, 4100, 700, 90, 60, 3000), strict=True
    ):
        ledger[line] = amount * scale
    ledger["subscriptions"] = 0.0
    ledger["redemptions"] = 0.0
    ledger["distributions"] = 0.0
    ledger.iloc[days // 2 + 1 :: 50, ledger.columns.get_loc("subscriptions")] = 1e6
    ledger.iloc[days // 2 + 2 :: 60, ledger.columns.get_loc("redemptions")] = 5e5
    ledger.iloc[days // 2 + 4 :: 90, ledger.columns.get_loc("distributions")] = 3e5
    change = ledger[list(INCOME)].sum(axis=1) - ledger[list(lines)].sum(axis=1)
    flows = ledger["subscriptions"] - ledger["redemptions"] - ledger["distributions"]
    change += flows
    change.iloc[0] = 0.0
    ledger["revaluation"] = _revaluation(days, seed)
    ledger["equity"] = 100e6 + change.cumsum() + ledger["revaluation"]
    accrued = _accrued(days, seed)
    stays = 1.0 - ledger["redemptions"] / ledger["equity"].shift(1)
    at_open = (pd.Series(accrued, index).shift(1) * stays).fillna(0.0)
    before = ledger["equity"].shift(1) + flows
    net = ((ledger["equity"] - accrued) / (before - at_open)).fillna(1.0)
    fees = ledger[list(line_names("fee"))].sum(axis=1)
    gross = ((ledger["equity"] + fees) / before).fillna(1.0)
    ledger["unit_value"] = net.cumprod().round(4)
    ledger["unit_value_gross"] = gross.cumprod()
    ledger["units"] = (ledger["equity"] - accrued) / net.cumprod()
    ledger["unit_value_before_accrual"] = (ledger["equity"] / ledger["units"]).round(4)
    ledger["high_water_mark"] = ledger["unit_value"].cummax()
    ledger["accrued_performance_fee"] = accrued
    ledger["accrued_fee_at_open"] = at_open
    ledger["index_close"] = 2400.0 * (1.0 + market).cumprod()
    ledger["stock_value"] = held
    ledger["futures_cash"] = held * 0.18
    ledger["stock_cash"] = ledger["equity"] - ledger["revaluation"] - held - ledger["futures_cash"]
    ledger["fees_payable"] = 0.0
    ledger["dividends_receivable"] = 0.0
    ledger["loan"] = 0.0
    ledger["stocks_borrowed"] = ledger["cash_pledged"] = 0.0
    ledger["redemptions_payable"] = 0.0
    multiplier = 300.0
    future = ledger["index_close"] * (1.0 + np.append(0.0, rng.normal(0.0, 0.004, days)))
    lots = np.round(held / (multiplier * future)).astype(np.int64)
    ledger["lots"] = -lots
    ledger["futures_notional"] = lots * multiplier * future
    ledger["margin_required"] = ledger["futures_notional"] * 0.12
    ledger["contract"] = pd.array(["", *[f"IF{d:%y%m}" for d in index[1:]]], dtype="str")
    ledger["book_beta"] = np.where(np.arange(days + 1) % 5 == 1, 0.95 + own, np.nan)
    ledger["names"] = np.where(held > 0, 100, 0)
    rebalanced = np.arange(days + 1) % 20 == 1
    ledger["bought"] = np.where(rebalanced, 20e6 * scale, 0.0)
    ledger["sold"] = np.where(rebalanced, 19e6 * scale, 0.0)
    return ledger


def _revaluation(days: int, seed: int) -> np.ndarray:
    """What holdings that do not trade are stated above their last closes: 0 at both ends."""
    rng = np.random.default_rng(seed + 1_000)
    made = np.zeros(days + 1)
    made[days // 3 + 1 : 2 * days // 3] = -1.0
    return made * rng.uniform(1e5, 6e5, days + 1)


def _accrued(days: int, seed: int) -> np.ndarray:
    """The performance fee that has accrued, 120,000 yuan at the end."""
    rng = np.random.default_rng(seed + 2_000)
    made = np.linspace(0.0, 120_000.0, days + 1) * rng.uniform(0.5, 1.5, days + 1)
    made[-1] = 120_000.0
    return made


def held_contracts(ledger: pd.DataFrame) -> pd.DataFrame:
    """One contract a day as the ledger names it; on the day of a change the old one, closed."""
    rows = []
    before = ""
    for day, row in ledger[ledger["lots"] != 0].iterrows():
        price = row["futures_notional"] / abs(row["lots"]) / 300.0
        if before and before != row["contract"]:
            rows.append((day, before, 0, price, 0.0))
        rows.append((day, row["contract"], row["lots"], price, row["futures_notional"]))
        before = row["contract"]
    names = ["date", "contract", "lots", "settlement_price", "futures_notional"]
    return pd.DataFrame(rows, columns=names)


def random_run(days: int = 260, seed: int = 0, **changes: object) -> Result:
    """The tables and texts that a report is made of, as attributes."""
    ledger = random_ledger(days, seed)
    rng = np.random.default_rng(seed)
    dates = pd.DatetimeIndex(ledger.index[1:])
    codes = np.array([f"{600000 + k}.SH" for k in range(100)])
    count = min(40, 4 * days)
    reasons = np.array(["suspended", "limit_up", "limit_down", "volume", "cash", "lot"])
    refusals = pd.DataFrame(
        {
            "date": rng.choice(dates, count),
            "code": rng.choice(codes, count),
            "side": rng.choice(["buy", "sell"], count),
            "wanted": 1000,
            "done": rng.choice([0, 500], count),
            "reason": pd.Categorical(rng.choice(reasons, count), categories=reasons),
        }
    )
    trades = refusals.drop(columns=["wanted", "done"]).assign(
        quantity=1000, price=10.0, amount=10_000.0, reason="rebalance"
    )
    weights = rng.uniform(0.002, 0.02, 100)
    equity = float(ledger["equity"].iloc[-1])
    positions = pd.DataFrame(
        {
            "date": dates[-1],
            "code": codes,
            "shares": 1000,
            "price": weights * equity / 1000,
            "value": weights * equity,
            "weight": weights,
        }
    )
    fields = {
        "ledger": ledger,
        "trades": trades,
        "refusals": refusals,
        "positions": positions,
        "contracts": held_contracts(ledger),
        "strategy": plain_strategy(name="Neutral & <b>bold</b>"),
        "notes": [{"kind": "dividends", "en": "Dividends reinvested.", "zh": "股息再投资。"}],
    }
    return record_of(**fields | changes)
