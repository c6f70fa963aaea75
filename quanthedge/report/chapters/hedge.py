"""Chapters on the hedge and its contracts, and on the money of both accounts."""

from typing import NamedTuple

import pandas as pd

from quanthedge.limits import margin_days
from quanthedge.performance import cash_drag, opened_lots
from quanthedge.report import specs
from quanthedge.report.blocks import Block, Cell, Figure, Lines, Table, day_cell, number_cell
from quanthedge.report.writer import Writer
from quanthedge.rules import IndexProduct

__all__ = ["hedge", "margin"]


def hedge(writer: Writer) -> list[Block]:
    """Return the blocks of the chapter."""
    ledger, language = writer.run.ledger, writer.language
    names = (
        "hedge_ratio", "net_exposure", "gross_exposure", "book_beta", "net_beta", "margin",
        "free_cash",
    )  # fmt: skip
    rows = [
        [writer.name(name)]
        + [writer.cell(f"{name}_{variant}") for variant in ("mean", "lowest", "highest")]
        for name in names
    ]
    blocks: list[Block] = [
        writer.figure("exposure", specs.exposure(ledger, language)),
        writer.table("exposures", writer.head("measure", "mean", "lowest", "highest"), rows),
        writer.figure("lots", specs.lots(ledger, language)),
        _basis(writer),
    ]
    rolls = _rolls(writer)
    return [*blocks, rolls] if rolls.rows else blocks


def margin(writer: Writer) -> list[Block]:
    """Return the blocks of the chapter on both accounts: cash, margin, the risk degree."""
    ledger, language = writer.run.ledger, writer.language
    blocks: list[Block] = [
        writer.figure("accounts", specs.accounts(ledger, language)),
        _idle(writer),
    ]
    if (ledger["lots"] != 0).any():
        call = writer.run.strategy.accounts.margin_call
        days = margin_days(ledger, call)["risk_degree"]
        spec = specs.risk_degree(days, call, language)
        blocks.append(writer.figure("risk_degree", spec, call=f"{1 / call:.1%}"))
    return blocks


def _idle(writer: Writer) -> Table:
    """Return where the equity lay on average, and what the idle part earned and cost."""
    found, names = cash_drag(writer.run.ledger), writer.words["idle"]
    patterns = dict.fromkeys(("stocks", "margin", "cushion", "stock_cash", "rest"), ".2%")
    patterns |= {"earned": ",.0f", "earned_rate": ".2%", "at_work": ",.0f", "lost": ",.0f"}
    patterns |= {"lost_per_year": ".2%"}
    rows = [
        [Cell(str(names[name])), number_cell(getattr(found, name), pattern)]
        for name, pattern in patterns.items()
    ]
    return writer.table("idle", writer.head("measure", "value"), rows)


class _Fill(NamedTuple):
    """What was traded of a contract."""

    code: str
    price: float
    quantity: float


def _rolls(writer: Writer) -> Table:
    """Return each roll: the contract closed and the one opened, with prices and lots."""
    trades = writer.run.trades
    rows = []
    found: dict[tuple[pd.Timestamp, str], tuple[list[_Fill], list[_Fill]]] = {}
    rolled = trades.assign(opens=opened_lots(trades) > 0)[trades["reason"] == "roll"]
    columns = (rolled[name].tolist() for name in ("date", "code", "price", "quantity", "opens"))
    for date, code, price, quantity, opens in zip(*columns, strict=True):
        fills = found.setdefault((date, code[:2]), ([], []))
        fills[opens].append(_Fill(code, price, quantity))
    for date, product in sorted(found):
        closed, opened = found[date, product]
        if not closed or not opened:
            continue
        old, new = closed[0], opened[0]
        rows.append(
            [
                day_cell(date),
                Cell(old.code, "number"),
                number_cell(old.price, ",.1f"),
                Cell(new.code, "number"),
                number_cell(new.price, ",.1f"),
                number_cell(float(sum(fill.quantity for fill in closed)), ",.0f"),
                number_cell(float(sum(fill.quantity for fill in opened)), ",.0f"),
            ]
        )
    head = writer.head("date", "old", "old_price", "new", "new_price", "lots_closed", "lots_opened")
    return writer.table("rolls", head, rows, folded=True)


def _basis(writer: Writer) -> Figure | Lines:
    """Return the basis where the contract's index is the benchmark, else the reason."""
    ledger = writer.run.ledger
    products = writer.run.strategy.hedge.products
    # the ledger names the largest contract of a day only
    product = products[0] if len(products) == 1 else None
    held = ledger.index[ledger["lots"] != 0]
    contract = IndexProduct.every().get(product) if product and len(held) else None
    if contract is None:
        reason = "basis_no_lots" if product else "basis_no_product"
    elif writer.index_code != contract.index_code:
        reason = "basis_other_index"
    else:
        spec = specs.basis(ledger, contract.multiplier, writer.language)
        return writer.figure("basis", spec, multiplier=f"{contract.multiplier:.0f}")
    text = writer.words["not_shown"].format(reason=writer.words["empty"][reason])
    return Lines("text-basis", str(writer.words["titles"]["basis"]), "", [text], "remark")
