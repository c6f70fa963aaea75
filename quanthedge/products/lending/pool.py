"""A lender's pool: term loans paid for by deposits that can leave any day."""

from collections.abc import Sequence

import numpy as np
import pandas as pd
from pydantic import ConfigDict, Field

from quanthedge.errors import StrategyError
from quanthedge.plain import Plain, Told

__all__ = ["LendingPool", "PoolLoan"]

_BUCKETS = (1, 7, 30, 90, 180, 365)


class PoolLoan(Plain):
    """A loan, or a kind of loans, of a pool.

    ``secured`` is the part of the principal that its collateral brings in a quick sale, haircut and
    fee included; 0 for a loan without collateral.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    principal: float = Field(gt=0)
    maturity_days: int = Field(ge=1)
    secured: float = Field(default=0.0, ge=0)
    loss: float = Field(default=0.0, ge=0, le=1, description="Part not paid back at maturity.")


class LendingPool(Told):
    """Loans, a cash reserve and demand deposits.

    Examples
    --------
    >>> pool = LendingPool(
    ...     reserve=100.0, deposits=950.0, loans=[PoolLoan(principal=900.0, maturity_days=180)]
    ... )
    >>> pool.equity
    50.0
    >>> pool.run(0.05).attrs["days_until_closed"]
    3
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    reserve: float = Field(ge=0, description="Cash.")
    deposits: float = Field(gt=0, description="Payable on demand.")
    loans: Sequence[PoolLoan] = Field(min_length=1)

    @property
    def equity(self) -> float:
        """What is left for the owner: reserve + loans - deposits."""
        return self.reserve + sum(loan.principal for loan in self.loans) - self.deposits

    def ladder(self) -> pd.DataFrame:
        """Return the maturity mismatch: what comes in and what may leave by each horizon.

        Returns
        -------
        DataFrame
            Indexed by days: loans_due (by then), cash (reserve + loans due), deposits (all of them,
            being on demand), gap = cash - deposits, cumulative.
        """
        rows = []
        for days in (*_BUCKETS, max(loan.maturity_days for loan in self.loans)):
            due = sum(
                loan.principal * (1 - loan.loss)
                for loan in self.loans
                if loan.maturity_days <= days
            )
            cash = self.reserve + due
            rows.append((days, due, cash, self.deposits, cash - self.deposits))
        frame = pd.DataFrame(rows, columns=["days", "loans_due", "cash", "deposits", "gap"])
        return frame.drop_duplicates("days").sort_values("days").set_index("days")

    def liquidity_coverage(self, horizon_days: int = 30, outflow: float = 0.25) -> float:
        """Return cash within a horizon over the deposits that leave within it.

        The form of the Basel III ratio; the outflow is an assumption of the caller's.
        """
        due = sum(
            loan.principal * (1 - loan.loss)
            for loan in self.loans
            if loan.maturity_days <= horizon_days
        )
        return (self.reserve + due) / (outflow * self.deposits)

    def run(
        self, withdrawn_per_day: float, days: int = 365, *, sold_per_day: float = 0.0
    ) -> pd.DataFrame:
        """Return what happens when depositors leave.

        Parameters
        ----------
        withdrawn_per_day : float
            Part of the deposits of the morning that is asked for each day.
        days : int
        sold_per_day : float
            Largest part of the loans' principal, as of the start, that can be sold in a day for its
            quick-sale value when cash does not suffice.

        Returns
        -------
        DataFrame
            One row a day until the pool closes: reserve, loans, deposits, equity, asked, paid,
            repaid, sold (principal), sale_loss, credit_loss. ``attrs`` has days_until_closed (None:
            it stays open) and loss_of_remaining: what deposits that are left lose when loans then
            bring their quick-sale value, fraction.

        Notes
        -----
        Each day: loans due are repaid less their loss; withdrawals are asked for; where the reserve
        is short, loans are sold, the best secured first; where it still is, the pool closes before
        paying anybody that day. Assets = deposits + equity holds on every row.

        Raises
        ------
        StrategyError
            When a rate is not between 0 and 1.
        """
        for name, rate in (
            ("withdrawn_per_day", withdrawn_per_day),
            ("sold_per_day", sold_per_day),
        ):
            if not 0 <= rate <= 1:
                raise StrategyError(f"lending pool: {name} {rate}; accepted: 0 to 1")
        left = np.array([loan.principal for loan in self.loans])
        secured = np.array([min(1.0, loan.secured) for loan in self.loans])
        order = np.argsort(-secured, kind="stable")
        capacity = sold_per_day * left.sum()
        reserve, deposits = self.reserve, self.deposits
        rows: list[dict[str, float]] = []
        closed = None
        for day in range(1, days + 1):
            due = np.array([loan.maturity_days == day for loan in self.loans])
            lost = np.array([loan.loss for loan in self.loans])
            repaid = float((left * (1 - lost))[due].sum())
            credit_loss = float((left * lost)[due].sum())
            left[due] = 0.0
            reserve += repaid
            asked = withdrawn_per_day * deposits
            sold, cash = _sales(left, secured, order, max(0.0, asked - reserve), capacity)
            reserve += cash
            enough = reserve >= asked - 1e-9 * self.deposits
            paid = min(asked, reserve) if enough else 0.0
            reserve -= paid
            deposits -= paid
            rows.append(
                {
                    "day": day, "reserve": reserve, "loans": float(left.sum()),
                    "deposits": deposits, "equity": reserve + float(left.sum()) - deposits,
                    "asked": asked, "paid": paid, "repaid": repaid, "sold": sold,
                    "sale_loss": sold - cash, "credit_loss": credit_loss,
                }
            )  # fmt: skip
            if not enough:
                closed = day
                break
        frame = pd.DataFrame(rows).set_index("day")
        worth = reserve + float((left * secured).sum())
        frame.attrs["days_until_closed"] = closed
        lost_share = max(0.0, 1.0 - worth / deposits) if closed and deposits > 0 else 0.0
        frame.attrs["loss_of_remaining"] = lost_share
        return frame


def _sales(
    left: np.ndarray, secured: np.ndarray, order: np.ndarray, missing: float, capacity: float
) -> tuple[float, float]:
    """Sell loans for the cash that is missing, in place; return principal sold and cash."""
    sold = cash = 0.0
    for k in order:
        if cash >= missing or sold >= capacity or secured[k] <= 0.0:
            break
        part = min(left[k], (missing - cash) / secured[k], capacity - sold)
        left[k] -= part
        sold += part
        cash += part * secured[k]
    return sold, cash
