"""Runs with random settings whose accounts are kept again from trades, raw tables and rules alone.

    python -m benchmarks.replays --runs 50 --seed 1

Each run draws its fill, costs, accounts, hedge, products, fund terms, clients and loan, on the
sample, or on the sample with corporate actions as a table. With ``--market FOLDER`` it is the
reference strategy, and the fund of three sleeves, over all years of an imported real market.
``tests/oracles/replay.py`` must find every account, cost and fee of every day again, to a millionth
of a yuan. The exit code is 1 when one differs.
"""

import argparse
import random
import sys
import tempfile
import time
from pathlib import Path
from unittest import mock

import pyarrow.parquet as pq

from quanthedge.market import Market, write_dataset
from quanthedge.sleeves.carry import CashAndCarry
from quanthedge.strategy import load_strategy
from tests.backtesting.test_replay import END, START, action_table, kept_again
from tests.sample import NEUTRAL, SAMPLE, sample_market, small_strategy

THREE_SLEEVES = NEUTRAL.parent / "multi_sleeve.toml"
TWO_PRODUCTS = "2015-04-20"  # the first days of the CSI 500 future
METHODS = (
    "whole_fund", "whole_fund_and_redemption", "lot_units", "lot_value", "investor", "series",
    "equalisation",
)  # fmt: skip
CHOICES: dict[str, tuple[object, ...]] = {
    "execution.fill": ("open", "vwap", "close"),
    "execution.participation": (0.0, 0.02, 0.1, 1.0),
    "execution.retry_days": (0, 5),
    "execution.rights": ("subscribe", "lapse"),
    "rebalance.every": ("month", "week", 7, 1),
    "selector.n": (5, 30, 60),
    "costs.impact_coefficient": (0.0, 1.0),
    "costs.commission_includes_exchange_fees": ("true", "false"),
    "costs.commission_min_yuan": (0, 5, 2000),
    "accounts.stock_cash_rate": ("market", 0.03),
    "accounts.futures_cash_rate": ("market", 0.0),
    "accounts.cash_reserve": (0.0, 0.1),
    "hedge.account": ("hedging", "speculative"),
    "hedge.contract": ("front", "next", "quarter", "main", "cheapest_carry"),
    "hedge.roll": ("days", "open_interest", "basis"),
    "hedge.roll_days": (0, 2, 4),
    "hedge.fill": ("stocks", "open", "close", "settlement", "vwap"),
    "hedge.ratio": (0.0, 1.0, 1.0, 1.3),
    "fund.crystallisation": ("month", "quarter", "year"),
    "fund.high_water_mark": ("pre_fee", "post_fee"),
    "fund.audit_fee_yuan_per_year": (0, 90_000),
    "universe.filters": ("[]", '[{kind="suspended"}]'),
}


def main() -> int:
    """Run what was asked for; returns the exit code."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--runs", type=int, default=50)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--market", type=Path, help="an imported real market, for all its years")
    asked = parser.parse_args()
    if asked.market:
        return all_years(asked.market)
    begun, trades, wrong = time.monotonic(), 0, 0
    with tempfile.TemporaryDirectory() as place:
        told = _with_actions(Path(place) / "market")
        for k in range(asked.seed, asked.seed + asked.runs):
            changes, start, with_table = draw(random.Random(k))
            market, folder = (told, Path(place) / "market") if with_table else _sample()
            try:
                tables = kept_again(small_strategy(*changes), market, folder, start, END)
                trades += len(tables["trades"])
            except AssertionError as error:
                wrong += 1
                print(f"seed {k}: {str(error).splitlines()[0]}\n  {changes}", flush=True)
    print(
        f"{asked.runs} runs, {trades:,} trades, {wrong} differ by a millionth of a yuan or more "
        f"({time.monotonic() - begun:.0f} s)"
    )
    return int(wrong > 0)


def all_years(folder: Path) -> int:
    """Keep the reference strategy and the fund of three sleeves again over all years."""
    market = Market.open(folder)
    # legs do not wait: what was moved for lots that then were not opened is in no trade
    with mock.patch.object(CashAndCarry, "together", False):
        for strategy, first in ((NEUTRAL, "2010-04-16"), (THREE_SLEEVES, "2010-05-04")):
            tables = kept_again(load_strategy(strategy), market, folder, first, "2018-12-28")
            print(
                f"{strategy.stem}: {len(tables['ledger']) - 1:,} days, "
                f"{len(tables['trades']):,} trades: all found again"
            )
    return 0


def _sample() -> tuple[Market, Path]:
    return sample_market(), SAMPLE


def _with_actions(target: Path) -> Market:
    tables = {path.stem: pq.read_table(path) for path in sorted(SAMPLE.glob("*.parquet"))}
    tables["corporate_actions"] = action_table(tables["stock_daily"].to_pandas())
    write_dataset(target, tables, name="with actions", source="the sample's steps")
    return Market.open(target)


def draw(chance: random.Random) -> tuple[list[str], str, bool]:
    """Return changes of the strategy, the first day, and whether actions come from a table."""
    chosen = {key: chance.choice(values) for key, values in CHOICES.items()}
    money = chance.choice(("same_auction", "after_fill", "next_day"))
    at_open = chosen["execution.fill"] == "open"
    if (money == "after_fill" and not at_open) or chosen["execution.retry_days"] == 0:
        money = "same_auction"
    if at_open and money != "after_fill" and chance.random() < 0.2:
        chosen["hedge.fill"] = "open_after_stocks"
    changes = [f"{key}={value}" for key, value in chosen.items()]
    changes.append(f"execution.sale_proceeds={money}")
    call, target, release = chance.choice([(1.0, 1.0, 1.0), (1.2, 1.5, 2.0), (1.0, 2.5, 3.0)])
    changes += [
        f"accounts.margin_call={call}", f"accounts.margin_target={target}",
        f"accounts.margin_release={release}",
    ]  # fmt: skip
    invested, start = chance.choice([0.5, 0.75, 0.95]), START
    if chance.random() < 0.3:
        changes.append("accounts.borrowed=0.6")
        invested = chance.choice([0.9, 1.3])
    changes.append(f"invested_fraction={invested}")
    if chance.random() < 0.4:
        aversion = chance.choice([0, 8.0])
        changes += ['hedge.product=["IF", "IC"]', f"hedge.risk_aversion={aversion}"]
        changes.append("beta={kind='ols', window=60}")
        start = TWO_PRODUCTS
    if chance.random() < 0.2:
        changes.append("capital_yuan=20000000")
    with_table = chance.random() < 0.5
    if with_table:
        changes.append(f"costs.dividend_tax={chance.choice(['none', 'public_fund'])}")
    if chance.random() < 0.4:
        changes += _clients(chance)
    return changes, start, with_table


def _clients(chance: random.Random) -> list[str]:
    method, opening = chance.choice(METHODS), chance.choice(["day", "week", "month"])
    pay, gate = chance.choice([0, 1, 5]), chance.choice([0.2, 0.5])
    clients = (
        f"clients={{founders={{a=0.6, b=0.4}}, method='{method}', opening='{opening}', "
        f"payment_days={pay}, gate={gate}, flows=["
        "{date=2015-05-06, investor='c', subscribe_yuan=30000000, share_class='C'}, "
        "{date=2015-07-07, investor='a', redeem_fraction=0.9}, "
        "{date=2015-08-03, investor='c', redeem_fraction=0.3, share_class='C'}]}"
    )
    hurdles = ["{kind='fixed', rate=0.03}", "{kind='index'}", ""]
    hurdle = "" if method == "equalisation" else chance.choice(hurdles)
    found = [clients, "fund.service_fee_per_year=0.005"]
    return [*found, f"fund.hurdle={hurdle}"] if hurdle else found


if __name__ == "__main__":
    sys.exit(main())
