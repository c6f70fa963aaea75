"""What the fund held, traded and paid: exposures, turnover, costs and fees, refusals."""

from dataclasses import dataclass

import numpy as np
import pandas as pd

from quanthedge.ledger import line_names
from quanthedge.performance.returns import years
from quanthedge.rules import IndexProduct

__all__ = ["LedgerFigures", "opened_lots", "refusals_by_reason"]


@dataclass(frozen=True, eq=False)
class LedgerFigures:
    """What a ledger says of the book: what was held, traded and paid.

    Attributes
    ----------
    ledger : DataFrame
        Its first row holds the opening balances.
    """

    ledger: pd.DataFrame

    def mean_equity(self) -> float:
        """Return the mean equity at the close over the trading days, opening row left out, yuan."""
        return float(self.ledger["equity"].iloc[1:].mean())

    def exposures(self) -> pd.DataFrame:
        """Return each day's hedge ratio and exposures at the close.

        Returns
        -------
        DataFrame
            hedge_ratio = futures notional / stock value (NaN without stocks);
            net_exposure = (stock value - futures notional) / equity;
            gross_exposure = (stock value + futures notional without its sign) / equity;
            net_beta = (ex-ante book beta x stock value - futures notional) / equity, NaN without
            stocks.
            The opening row is left out.

        Notes
        -----
        The futures notional is what is sold short less what is held long: below 0 for contracts
        held long.
        """
        inside = self.ledger.iloc[1:]
        stocks, futures, equity = (
            inside[name] for name in ("stock_value", "futures_notional", "equity")
        )
        return pd.DataFrame(
            {
                "hedge_ratio": futures / stocks.where(stocks > 0.0),
                "net_exposure": (stocks - futures) / equity,
                "gross_exposure": (stocks + futures.abs()) / equity,
                "net_beta": (inside["book_beta"] * stocks - futures) / equity,
            }
        )

    def annual_turnover(self) -> float:
        """Return stocks bought plus sold, over mean equity, a year (calendar days / 365).

        Notes
        -----
        Two-way: replacing the whole book once counts twice its share of equity. NaN on an empty
        span.
        """
        span = years(self.ledger)
        if span <= 0.0:
            return float("nan")
        traded = float(self.ledger["bought"].iloc[1:].sum() + self.ledger["sold"].iloc[1:].sum())
        return traded / self.mean_equity() / span

    def costs(self) -> pd.DataFrame:
        """Return what each cost of trading and each fee took.

        Returns
        -------
        DataFrame
            Indexed by ledger column (costs of trading, then fees of the fund): yuan over the run;
            per_year = yuan / mean equity / years, a fraction (NaN on an empty span).
        """
        lines = [*line_names("cost"), *line_names("fee")]
        yuan = self.ledger[lines].iloc[1:].sum()
        span = years(self.ledger)
        scale = self.mean_equity() * span if span > 0.0 else float("nan")
        return pd.DataFrame({"yuan": yuan, "per_year": yuan / scale})


def opened_lots(trades: pd.DataFrame) -> pd.Series:
    """Return the lots that each trade of a contract opened, short or long; 0 for a stock's trade.

    Parameters
    ----------
    trades : DataFrame
        All trades of a run in their order, as recorded: contracts are held by trades alone.

    Returns
    -------
    Series
        By row of ``trades``: its quantity less the lots of the other side that it closed.
    """
    quantity = trades["quantity"]
    place, names = pd.factorize(trades["code"].astype("str"))
    signed = quantity.where(trades["side"] == "buy", -quantity)
    held = signed.groupby(place).cumsum() - signed
    closed = quantity.clip(upper=held.abs()).where(held * signed < 0, 0)
    future = np.array(
        [IndexProduct.of_contract(str(name)) is not None for name in names], dtype=np.bool_
    )
    opened: pd.Series = (quantity - closed).where(future[place], 0)
    return opened


def refusals_by_reason(refusals: pd.DataFrame) -> pd.DataFrame:
    """Return the orders not done in full, counted by reason, most frequent first.

    Returns
    -------
    DataFrame
        Indexed by reason: count (order-days), codes (different stocks or contracts),
        done_share (quantity done / wanted, NaN when nothing was wanted).
    """
    rows = []
    for reason, part in refusals.groupby(refusals["reason"].astype("str"), sort=True):
        wanted = float(part["wanted"].sum())
        share = float(part["done"].sum()) / wanted if wanted > 0.0 else float("nan")
        rows.append((str(reason), len(part), part["code"].nunique(), share))
    frame = pd.DataFrame(rows, columns=["reason", "count", "codes", "done_share"])
    frame = frame.astype({"count": np.int64, "codes": np.int64, "done_share": np.float64})
    return frame.sort_values(["count", "reason"], ascending=[False, True]).set_index("reason")
