"""Quadratic passes by PIQP, impact of the power 1.5 among them.

Impact of a trade of size x is replaced by its second-order expansion at z,

    k x^1.5  ~  k (0.75 z^0.5 x + 0.375 z^-0.5 x^2) + constant,

and, should a pass make the true objective worse, by the quadratic majoriser

    k x^1.5  <=  (k / 2) (z^0.5 x + z^-0.5 x^2)         (the two means of x z^0.5 and x^2 z^-0.5)

which touches at z and therefore cannot. After a pass z is what each stock would best trade on its
own at the prices that the pass found for risk and limits: the x that solves, with own = lambda s_i,
``own (x - x_pass) + 1.5 k x^0.5 = gain``, a quadratic equation in x^0.5. Unlike x itself it does
not stay at 0 once it has been there. Only numbers change from pass to pass: PIQP is set up once and
updated.

References
----------
R. Schwan, Y. Jiang, D. Kuhn, C. N. Jones (2023), PIQP: A proximal interior-point quadratic
programming solver, CDC 62.
K. Lange (2016), MM Optimization Algorithms, SIAM: majorise and minimise.
"""

from dataclasses import replace
from typing import Any

import numpy as np

from quanthedge.errors import needs
from quanthedge.optimise.matrices import Bounds, Matrices
from quanthedge.optimise.optimality import Raw, as_solution, common_pull
from quanthedge.optimise.problem import Problem
from quanthedge.optimise.solution import Solution
from quanthedge.typing import Floats

__all__ = ["Machine", "quadratic_passes"]

_MOST_PASSES = 5
_TOLERANCE = 1e-12
_ROUGH = 1e-6  # of passes that only look for z
_CLOSE = 1e-8  # what the objective may be off by the expansion in the last pass
_GOOD = 5e-7  # residual that ends the passes
_LEAST = 1e-10  # of z: a trade of 0.01 yuan in 100 million
_EXPANSION, _MAJORISER = (0.75, 0.75), (0.5, 1.0)  # of k z^0.5 x and of k z^-0.5 x^2 / 2


class Machine:
    """PIQP with one problem's matrices: set up once, updated afterwards.

    A stock that may be bought as well as sold enters with its net trade t and its sales v, so
    u = t + v, with a row for the bounds of u: the dense columns of the factors are there once.
    """

    def __init__(self, made: Matrices) -> None:
        with needs("optimise"):
            import piqp
        from scipy import sparse

        self.made = made
        self.solver = piqp.SparseSolver()
        self.ready = False
        columns = np.repeat(np.arange(len(made.linear)), np.diff(made.hessian.indptr))
        trades = len(made.bought) + len(made.sold)
        self.diagonal = np.flatnonzero(made.hessian.indices == columns)[:trades]
        # returns in units of the largest save steps: 17 for 22 with 2,500 stocks
        self.unit = max(float(np.abs(made.linear).max(initial=0.0)), 1e-6)
        _, self.both, other = np.intersect1d(
            made.bought, made.sold, assume_unique=True, return_indices=True
        )
        ones = sparse.csc_matrix(
            (np.ones(len(other)), (self.both, len(made.bought) + other)),
            shape=(len(made.linear),) * 2,
        )
        self.change = (sparse.eye(len(made.linear), format="csc") + ones).tocsc()

    def solve(self, curvature: Floats, slope: Floats, tolerance: float) -> Raw:
        """Return the answer with a diagonal and a linear part added for the trades."""
        made, settings = self.made, self.solver.settings
        settings.preconditioner_iter = 3
        settings.eps_abs = settings.eps_rel = tolerance
        settings.eps_duality_gap_abs = settings.eps_duality_gap_rel = tolerance
        hessian, linear = made.hessian.copy(), made.linear.copy()
        hessian.data[self.diagonal] += curvature
        linear[: len(slope)] += slope
        hessian = (self.change.T @ hessian @ self.change).tocsc() / self.unit
        hessian.sort_indices()
        linear = self.change.T @ linear / self.unit
        if self.ready:
            self.solver.update(P=hessian, c=linear)
        else:
            self.solver.setup(hessian, linear, *self._limits())
            self.ready = True
        return self._told(self.solver.solve())

    def _limits(self) -> tuple[Any, ...]:
        """Return the limits in net trades and sales, in the order of PIQP's arguments."""
        from scipy import sparse

        made, both = self.made, self.both
        equality = (made.equality @ self.change).tocsc()
        equality.eliminate_zeros()
        rows = sparse.vstack([made.inequality @ self.change, self.change.tocsr()[both]]).tocsc()
        rows.eliminate_zeros()
        low, high = made.x_low.copy(), made.x_high.copy()
        low[both], high[both] = -np.inf, np.inf
        sides = (np.append(made.low, made.x_low[both]), np.append(made.high, made.x_high[both]))
        given = (rows, *sides) if len(sides[0]) else (None, None, None)
        return equality, made.equal_to, *given, low, high

    def _told(self, status: Any) -> Raw:
        """Return what PIQP found in purchases and sales, multipliers in units of returns again."""
        import piqp

        found, count = self.solver.result, len(self.made.low)
        rows = np.zeros(count)
        bounds = (found.z_bu - found.z_bl) * self.unit
        if count + len(self.both):
            whole = (found.z_u - found.z_l) * self.unit
            rows, bounds[self.both] = whole[:count], whole[count:]
        none = status == piqp.PIQP_PRIMAL_INFEASIBLE
        x = self.change @ found.x
        return Raw(x, found.y * self.unit, rows, bounds, none, found.info.iter)


def quadratic_passes(problem: Problem, bounds: Bounds, made: Matrices) -> Solution | None:
    """Return PIQP's answer, after at most five passes where there is impact; None: infeasible."""
    aversion = problem.risk_aversion or 0.0
    places = np.concatenate([made.bought, made.sold])
    k = problem.impact[places]
    machine = Machine(made)
    if not (k > 0).any():
        raw = machine.solve(np.zeros(len(k)), np.zeros(len(k)), _TOLERANCE)
        return _answer(problem, bounds, made, raw, 1, raw.iterations)
    low, high = made.x_low[: len(k)], made.x_high[: len(k)]
    around = np.clip(1 / max(problem.stocks, 1), low, high)  # the mean weight
    best, model, steps = None, _EXPANSION, 0
    for number in range(1, _MOST_PASSES + 1):
        root = np.sqrt(np.maximum(around, _LEAST))
        tolerance = _ROUGH if number == 1 else _TOLERANCE
        raw = machine.solve(model[1] * k / root, model[0] * k * root, tolerance)
        steps += raw.iterations
        found = _answer(problem, bounds, made, raw, number, steps)
        if found is None:
            return None
        # the first pass is rough: its limits may be kept too loosely to be compared with
        if best is None or number <= 2 or found.objective <= best.objective + _CLOSE:
            best = found
        else:
            model = _MAJORISER
        if number > 1 and best.kkt_residual < _GOOD:
            break
        if model is _MAJORISER:  # no worse than the best so far, if it touches there
            around = np.concatenate([best.buys[made.bought], best.sells[made.sold]])
        else:
            around = np.clip(_wished(problem, made, best, k, aversion), low, high)
    return best


def _answer(
    problem: Problem, bounds: Bounds, made: Matrices, raw: Raw, passes: int, steps: int
) -> Solution | None:
    if raw.infeasible:
        return None
    found = as_solution(problem, bounds, made, raw, problem.risk_aversion or 0.0, "piqp")
    return replace(found, passes=passes, iterations=steps)


def _wished(
    problem: Problem, made: Matrices, found: Solution, k: Floats, aversion: float
) -> Floats:
    """Return what each stock would best trade on its own at the prices of a pass."""
    pull = common_pull(problem, found.weights, found.multipliers, aversion)
    turnover = float(found.multipliers["turnover"][0])
    gain = np.concatenate([
        -(pull + problem.buy_rate + turnover)[made.bought],
        (pull - problem.sell_rate - turnover)[made.sold],
    ])  # fmt: skip
    places = np.concatenate([made.bought, made.sold])
    own = aversion * problem.specific[places]
    size = np.concatenate([found.buys[made.bought], found.sells[made.sold]])
    wanted = np.maximum(gain + own * size, 0.0)
    slope = 1.5 * k
    below = slope + np.sqrt(slope**2 + 4 * own * wanted)
    root = np.divide(2 * wanted, below, out=np.zeros_like(below), where=below > 0)
    return np.asarray(root**2)
