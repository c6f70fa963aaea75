"""The same problem for Clarabel, which knows cones: tracking error, and impact without passes.

    min x'P x / 2 + c'x   subject to   A x + s = b,  s in a product of cones.

Impact ``k d^1.5`` is ``k t`` with (t, 1, d) in the power cone ``t^(2/3) 1^(1/3) >= |d|``; a
tracking error is the second order cone ``tracking_error >= |(L'f, sqrt(s_i) (w_i - b_i))|`` with
L L' = F. Weights are told to the solver in units of 1 / n and returns in units of the largest: the
power cone needs it. Without, its answers were off by 1e-6 in the marginal costs of small trades.

References
----------
P. J. Goulart, Y. Chen (2024), Clarabel: An interior-point solver for conic programs with quadratic
objectives, arXiv:2405.12762.
"""

from typing import Any

import numpy as np

from quanthedge.errors import needs
from quanthedge.optimise.matrices import Matrices
from quanthedge.optimise.optimality import Raw
from quanthedge.optimise.problem import Problem
from quanthedge.typing import Floats

__all__ = ["solve_cones"]

_TOLERANCE = 1e-10


class _Rows:
    """Rows of A x + s = b, collected cone by cone."""

    def __init__(self) -> None:
        self.blocks: list[Any] = []
        self.right: list[Floats] = []
        self.cones: list[Any] = []
        self.count = 0

    def add(self, block: Any, right: Floats, cones: list[Any]) -> slice:
        """Add rows and return their place."""
        start = self.count
        self.blocks.append(block)
        self.right.append(right)
        self.cones += cones
        self.count += len(right)
        return slice(start, self.count)


def solve_cones(problem: Problem, made: Matrices) -> tuple[Raw, float]:
    """Return Clarabel's answer, and lambda: the problem's, or what the tracking error comes to."""
    with needs("optimise"):
        import clarabel
    from scipy import sparse

    k = problem.impact[np.concatenate([made.bought, made.sold])]
    impact = np.flatnonzero(k > 0)
    n, extra = len(made.linear), len(impact)
    rows = _Rows()
    wide = _widened(extra)
    equal = rows.add(wide(made.equality), made.equal_to, [clarabel.ZeroConeT(len(made.equal_to))])
    sides = [
        _side(rows, wide, made.inequality, made.high),
        _side(rows, wide, -made.inequality, -made.low),
        _side(rows, wide, sparse.eye(n, format="csc"), made.x_high),
        _side(rows, wide, -sparse.eye(n, format="csc"), -made.x_low),
    ]
    cone = None
    if problem.tracking_error is not None:
        cone = _add_tracking(rows, wide, problem, made)
    scaled = rows.count  # the rows of impact are pure numbers
    if extra:
        _add_impact(rows, n, impact)
    settings = clarabel.DefaultSettings()
    settings.verbose = False
    settings.max_threads = 1
    settings.tol_gap_abs = settings.tol_gap_rel = settings.tol_feas = _TOLERANCE
    unit, price = 1 / max(problem.stocks, 1), max(float(np.abs(made.linear).max(initial=0)), 1e-6)
    hessian = sparse.block_diag([sparse.triu(made.hessian), sparse.csc_matrix((extra, extra))])
    linear = np.concatenate([made.linear, k[impact] * np.sqrt(unit)]) / price
    right = np.concatenate(rows.right)
    right[:scaled] /= unit
    found = clarabel.DefaultSolver(
        (hessian * (unit / price)).tocsc(), linear, sparse.vstack(rows.blocks, format="csc"),
        right, rows.cones, settings,
    ).solve()  # fmt: skip
    z = np.array(found.z) * price
    values = [_spread(z[place], finite, size) for place, finite, size in sides]
    raw = Raw(
        np.array(found.x)[:n] * unit, z[equal], values[0] - values[1], values[2] - values[3],
        found.status in _no_book(), found.iterations,
    )  # fmt: skip
    aversion = problem.risk_aversion or 0.0
    if cone is not None and problem.tracking_error is not None:
        aversion = float(z[cone][0]) / problem.tracking_error
    return raw, aversion


def _no_book() -> tuple[Any, Any]:
    import clarabel

    known = clarabel.SolverStatus
    return known.PrimalInfeasible, known.AlmostPrimalInfeasible


def _widened(extra: int) -> Any:
    from scipy import sparse

    return lambda block: sparse.hstack([block, sparse.csc_matrix((block.shape[0], extra))])


def _side(rows: _Rows, wide: Any, block: Any, right: Floats) -> tuple[slice, Any, int]:
    """Add the rows of ``block x <= right`` that are finite; return place, which, of how many."""
    import clarabel

    finite = np.flatnonzero(np.isfinite(right))
    cones = [clarabel.NonnegativeConeT(len(finite))] if len(finite) else []
    return rows.add(wide(block.tocsr()[finite]), right[finite], cones), finite, len(right)


def _spread(values: Floats, where: Any, size: int) -> Floats:
    whole = np.zeros(size)
    whole[where] = values
    return whole


def _add_impact(rows: _Rows, n: int, impact: Any) -> None:
    """Add (t, 1, d) in the power cone of each trade with impact."""
    import clarabel
    from scipy import sparse

    count = len(impact)
    at = 3 * np.arange(count)
    block = sparse.csc_matrix(
        (-np.ones(2 * count), (np.r_[at, at + 2], np.r_[n + np.arange(count), impact])),
        shape=(3 * count, n + count),
    )
    rows.add(block, np.tile([0.0, 1.0, 0.0], count), [clarabel.PowerConeT(2 / 3)] * count)


def _add_tracking(rows: _Rows, wide: Any, problem: Problem, made: Matrices) -> slice:
    """Add the second order cone of the tracking error."""
    import clarabel
    from scipy import sparse

    k = problem.exposures.shape[1]
    values, vectors = np.linalg.eigh(problem.factor_covariance)
    root = (vectors * np.sqrt(np.maximum(values, 0.0))).T
    deviation = np.sqrt(problem.specific)
    moving = np.union1d(made.bought, made.sold)
    still = np.setdiff1d(np.arange(problem.stocks), moving)
    start = problem.held + made.fixed_bought - made.fixed_sold - problem.benchmark
    trades = len(made.bought) + len(made.sold)
    every = sparse.csc_matrix(
        (
            np.r_[deviation[made.bought], -deviation[made.sold]],
            (np.r_[made.bought, made.sold], np.arange(trades)),
        ),
        shape=(problem.stocks, trades),
    ).tocsr()
    factors = sparse.hstack([sparse.csc_matrix((k, trades)), root])
    own = sparse.hstack([every[moving], sparse.csc_matrix((len(moving), k))])
    empty = sparse.csc_matrix((1, trades + k))
    block = sparse.vstack([empty, -factors, -own, empty])
    rest = float(np.linalg.norm((deviation * start)[still]))
    right = np.concatenate(
        [[problem.tracking_error], np.zeros(k), (deviation * start)[moving], [rest]]
    )
    return rows.add(wide(block), right, [clarabel.SecondOrderConeT(len(right))])
