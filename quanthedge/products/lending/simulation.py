"""A loan along a price path, and the odds of calls, sales and losses over many paths."""

from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
import pandas as pd

from quanthedge.errors import DataError
from quanthedge.products.lending.loan import CollateralLoan
from quanthedge.typing import Floats

__all__ = ["LoanOdds", "LoanPath", "loan_odds", "loan_path"]

_CONFIDENCE = 0.95


class Odds(NamedTuple):
    """A probability with the 95% interval that the number of paths leaves (Wilson)."""

    value: float
    low: float
    high: float


@dataclass(frozen=True)
class LoanPath:
    """What happened to a loan along one path.

    Attributes
    ----------
    steps : DataFrame
        One row a step, by its number: price, debt, units, ltv after it; interest, repaid, proceeds
        (money), sold, added (units), written_off; called, cured, liquidated, defaulted (bool).
    """

    steps: pd.DataFrame

    @property
    def events(self) -> pd.DataFrame:
        """Return the steps on which something happened."""
        kinds = ["called", "cured", "liquidated", "defaulted"]
        return self.steps[self.steps[kinds].any(axis=1) | (self.steps["repaid"] > 0)]

    def residual(self) -> float:
        """Return what the lender's account does not explain: lent + interest - all that came in."""
        steps = self.steps
        lent = steps["debt"].iloc[0] + steps[["repaid", "proceeds", "written_off"]].iloc[0].sum()
        back = steps[["repaid", "proceeds", "written_off"]].to_numpy().sum()
        return float(lent + steps["interest"].sum() - back - steps["debt"].iloc[-1])


@dataclass(frozen=True)
class LoanOdds:
    """Odds of a loan over many paths.

    Attributes
    ----------
    paths : int
    call, liquidation, default : Odds
        Probability of at least one margin call, of a forced sale, of a loss to the lender.
    mean_loss, mean_loss_error : float
        Written off, fraction of the loan, with its standard error.
    loss_quantile, expected_shortfall : float
        At 99%: loss that is exceeded in 1% of paths, and the mean of the worst 1%.
    totals : DataFrame
        One row a path.
    """

    paths: int
    call: Odds
    liquidation: Odds
    default: Odds
    mean_loss: float
    mean_loss_error: float
    loss_quantile: float
    expected_shortfall: float
    totals: pd.DataFrame

    def text(self) -> str:
        """Return the odds as lines."""
        lines = [f"{self.paths:,} paths"]
        for name in ("call", "liquidation", "default"):
            odds = getattr(self, name)
            lines.append(f"{name}: {odds.value:.2%} ({odds.low:.2%} to {odds.high:.2%})")
        lines.append(
            f"mean loss {self.mean_loss:.3%} of the loan, error {self.mean_loss_error:.3%}"
        )
        lines.append(f"99%: {self.loss_quantile:.2%}, mean beyond it {self.expected_shortfall:.2%}")
        return "\n".join(lines)


def _follow(
    loan: CollateralLoan, paths: Floats, step_days: float, seed: int
) -> tuple[Floats, Floats]:
    """Totals of all paths, and the steps of the first."""
    from quanthedge.products.lending.kernels import COLUMNS, follow_paths

    paths = np.ascontiguousarray(np.atleast_2d(paths), dtype=np.float64)
    if paths.shape[1] < 2 or not (np.isfinite(paths).all() and (paths > 0).all()):
        raise DataError(
            "lending: a path needs a start and at least one step, and prices that are positive "
            "numbers"
        )
    if step_days <= 0:
        raise DataError(f"lending: step_days {step_days}; accepted: above 0")
    k = (1.0 - loan.haircut) * (1.0 - loan.fee)
    terms = np.array(
        [
            loan.debt, loan.units, loan.call_ltv, loan.liquidation_ltv, loan.target_ltv, k,
            loan.mark_down, loan.close_factor, loan.rate, np.ceil(loan.notice_days / step_days),
            np.floor(loan.term_days / step_days), loan.cure_probability, 0.0,
        ]
    )  # fmt: skip
    draws = np.random.default_rng(seed).random(paths.shape)
    steps = np.zeros((paths.shape[1], len(COLUMNS)))
    totals = follow_paths(paths, step_days, terms, loan.cure == "top_up", draws, steps)
    last = min(paths.shape[1] - 1, int(terms[10]))
    return totals, steps[: last + 1]


def _frame(rows: Floats) -> pd.DataFrame:
    from quanthedge.products.lending.kernels import COLUMNS

    return pd.DataFrame(rows, columns=list(COLUMNS))


def loan_path(
    loan: CollateralLoan, prices: Floats, *, step_days: float = 1.0, seed: int = 0
) -> LoanPath:
    """Follow a loan along a price path, step by step.

    Parameters
    ----------
    loan : CollateralLoan
    prices : ndarray [S + 1]
        Price at the start and after each step; the loan ends at its term or with the path.
    step_days : float
        Calendar days of a step.
    seed : int
        Decides which calls are answered.

    Notes
    -----
    A step: interest; at or above `liquidation_ltv` a sale at once; else at or above `call_ltv` a
    call, which lapses when the ratio falls back by itself, and is cured or answered by a sale
    after `notice_days`. Sales restore `target_ltv` at the price of the step, however far it has
    fallen. At the end the borrower pays what he owes when the collateral is worth it, else it is
    sold and the rest written off.

    Raises
    ------
    DataError
        When a price is not a positive number.
    """
    _, steps = _follow(loan, np.asarray(prices, dtype=np.float64), step_days, seed)
    frame = _frame(steps)
    for name in ("called", "cured", "liquidated", "defaulted"):
        frame[name] = frame[name] > 0
    return LoanPath(frame)


def loan_odds(
    loan: CollateralLoan, paths: Floats, *, step_days: float = 1.0, seed: int = 0
) -> LoanOdds:
    """Return the odds of a loan over many paths [M, S + 1]; see :func:`loan_path`."""
    from statsmodels.stats.proportion import proportion_confint

    totals, _ = _follow(loan, paths, step_days, seed)
    frame = _frame(totals)
    count = len(frame)
    loss = np.sort(frame["written_off"].to_numpy() / loan.debt)

    def odds(name: str) -> Odds:
        hits = int((frame[name] > 0).sum())
        low, high = proportion_confint(hits, count, 1 - _CONFIDENCE, method="wilson")
        return Odds(hits / count, float(low), float(high))

    tail = max(1, round(0.01 * count))
    return LoanOdds(
        paths=count,
        call=odds("called"),
        liquidation=odds("liquidated"),
        default=odds("defaulted"),
        mean_loss=float(loss.mean()),
        mean_loss_error=float(loss.std(ddof=1) / np.sqrt(count)) if count > 1 else float("nan"),
        loss_quantile=float(np.quantile(loss, 0.99)),
        expected_shortfall=float(loss[-tail:].mean()),
        totals=frame,
    )
