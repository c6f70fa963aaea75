"""Times the optimiser beside others: python -m benchmarks.optimiser [docs/optimiser.md].

Writes the tables of the page between its two marks. Processor time of one thread, best of several
runs, everything in one session; ratios are to the first row.
"""

import sys
import time
import warnings
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import numpy as np
from threadpoolctl import threadpool_limits

from benchmarks.pages import markdown
from quanthedge.optimise import Problem, solve_relaxed
from quanthedge.optimise.impact import Machine
from quanthedge.optimise.matrices import matrices, trade_bounds
from quanthedge.optimise.solution import Solution
from quanthedge.optimise.solve import solve

BEGIN, END = "<!-- made by benchmarks.optimiser -->", "<!-- end -->"
SIZES = ((800, 40), (2_500, 45))
TARGETS = {800: 25, 2_500: 60}
RUNS = 5


def rebalance(n: int, k: int, *, industries: bool, impact: bool = False) -> Problem:
    """Return a random rebalance of n stocks and k factors, 30 of them industries or all dense."""
    rng = np.random.default_rng([n, k])
    groups = rng.integers(0, 30, n)
    exposures = rng.normal(size=(n, k))
    if industries:
        exposures[:, :30] = np.eye(30)[groups]
    root = rng.normal(size=(k, k)) * 0.03 / np.sqrt(k)
    benchmark = rng.lognormal(0, 1, n)
    benchmark /= benchmark.sum()
    held = np.clip(benchmark + rng.normal(0, 1 / n, n), 0, None) * (rng.random(n) < 0.4)
    held /= held.sum()
    beta = 1 + 0.2 * rng.normal(size=n)
    blocked = rng.random(n) < 0.02
    return Problem(
        alpha=rng.normal(0, 0.01, n), exposures=exposures, factor_covariance=root @ root.T,
        specific=rng.uniform(0.05, 0.12, n) ** 2, benchmark=benchmark, held=held,
        lower=np.minimum(held, np.maximum(benchmark - 0.01, 0)),
        upper=np.maximum(held, benchmark + 0.01), risk_aversion=10.0, buy_rate=np.full(n, 5e-4),
        sell_rate=np.full(n, 1e-3), impact=rng.uniform(0.01, 0.1, n) * impact,
        most_bought=np.where(blocked, 0, 0.01),
        most_sold=np.where(blocked, 0, np.maximum(held, 0.01)),
        beta=beta, beta_target=float(beta @ benchmark), groups=groups, group_bound=0.02,
        styles=np.arange(k - 10, k), style_bound=np.full(10, 0.3), turnover=0.3,
    )  # fmt: skip


def timed(function: Callable[[], object], runs: int = RUNS) -> float:
    """Return the least processor time of several runs, in milliseconds."""
    times = []
    for _ in range(runs):
        begin = time.process_time()
        function()
        times.append(time.process_time() - begin)
    return 1e3 * min(times)


def updated(problem: Problem) -> Callable[[], object]:
    """Return a solve with other alphas on a machine that is set up: what a pass costs."""
    made = matrices(problem, trade_bounds(problem))
    machine = Machine(made)
    none = np.zeros(len(made.bought) + len(made.sold))
    machine.solve(none, none, 1e-12)
    return lambda: machine.solve(none, none + 1e-5, 1e-12)


def by_cvxpy(problem: Problem, solver: str) -> float:
    """Return the least objective by cvxpy with one of its solvers."""
    import cvxpy as cp

    p, n = problem, problem.stocks
    w, f = cp.Variable(n), cp.Variable(p.exposures.shape[1])
    active, trade = w - p.benchmark, w - p.held
    root = np.linalg.cholesky(p.factor_covariance)
    risk = cp.sum_squares(root.T @ f) + cp.sum_squares(cp.multiply(np.sqrt(p.specific), active))
    cost = p.buy_rate @ cp.pos(trade) + p.sell_rate @ cp.neg(trade)
    if p.impact.any():
        cost += p.impact @ cp.power(cp.abs(trade), 1.5)
    member = (p.groups[None, :] == np.arange(30)[:, None]).astype(float)
    limits = [
        f == p.exposures.T @ active, cp.sum(w) == p.total, p.beta @ w == p.beta_target,
        w >= p.lower, w <= p.upper, trade <= p.most_bought, -trade <= p.most_sold,
        cp.abs(member @ active) <= p.group_limits, cp.abs(f[p.styles]) <= p.style_bound,
        cp.norm1(trade) <= 2 * p.turnover,
    ]  # fmt: skip
    programme = cp.Problem(cp.Minimize(-p.alpha @ w + p.risk_aversion / 2 * risk + cost), limits)
    programme.solve(solver=solver)
    return float(programme.value)


def _others() -> list[str]:
    import cvxpy as cp

    return [one for one in ("CLARABEL", "OSQP") if one in cp.installed_solvers()]


def speed_table() -> str:
    """Return milliseconds of every way of solving the problems without impact."""
    rows = []
    for n, k in SIZES:
        for industries in (True, False):
            problem = rebalance(n, k, industries=industries)
            best = solve(problem)
            ways: dict[str, tuple[Callable[[], object], float]] = {
                "PIQP": (lambda p=problem: solve(p), best.objective),
                "PIQP, updated": (updated(problem), np.nan),
                "Clarabel": (
                    lambda p=problem: solve(p, solver="clarabel"),
                    solve(problem, solver="clarabel").objective,
                ),
            }
            for name in _others():
                ways[f"cvxpy, {name.title() if name == 'CLARABEL' else name}"] = (
                    lambda p=problem, s=name: by_cvxpy(p, s),
                    by_cvxpy(problem, name),
                )
            first = np.nan
            for name, (way, objective) in ways.items():
                spent = timed(way, RUNS if "cvxpy" not in name else 2)
                first = spent if name == "PIQP" else first
                off = "" if np.isnan(objective) else f"{objective - best.objective:+.0e}"
                target = f"{TARGETS[n]}" if name.startswith("PIQP") else ""
                rows.append([f"{n:,} x {k}, {'industries' if industries else 'dense'}", name,
                             f"{spent:.0f}", target, f"{spent / first:.1f}", off])  # fmt: skip
    return markdown(["problem", "solver", "ms", "target", "ratio", "objective beside PIQP"], rows)


def accuracy_table() -> str:
    """Return passes, residuals and times with impact and with a tracking error."""
    rows = []
    for n, k in SIZES:
        plain = rebalance(n, k, industries=True)
        charged = rebalance(n, k, industries=True, impact=True)
        error = float(np.sqrt(solve(plain).terms.variance)) * 0.9
        cone = replace(plain, risk_aversion=None, tracking_error=error)
        for name, problem, solver in (
            ("plain", plain, "piqp"), ("impact", charged, "piqp"),
            ("impact, power cone", charged, "clarabel"), ("tracking error", cone, "clarabel"),
        ):  # fmt: skip
            found: Solution = solve(problem, solver=solver)
            spent = timed(lambda p=problem, s=solver: solve(p, solver=s), 3)
            rows.append([f"{n:,} x {k}", name, found.solver, str(found.passes),
                         str(found.iterations), f"{spent:.0f}", f"{found.kkt_residual:.0e}",
                         f"{found.objective:.9f}"])  # fmt: skip
    header = ["problem", "kind", "solver", "passes", "steps", "ms", "residual", "objective"]
    return markdown(header, rows)


def relaxed_table() -> str:
    """Return what it takes to loosen limits that contradict one another."""
    rows = []
    for n, k in SIZES:
        problem = replace(rebalance(n, k, industries=True), turnover=0.01, group_bound=0.0)
        found = solve_relaxed(problem)
        spent = timed(lambda p=problem: solve_relaxed(p), 2)
        told = sorted({one.name for one in found.relaxed})
        turnover = next((one for one in found.relaxed if one.name == "turnover"), None)
        given = "" if turnover is None else f"{turnover.given:.4f}"
        price = "" if turnover is None else f"{turnover.price:.3f}"
        rows.append([f"{n:,} x {k}", ", ".join(told), given, price, f"{spent:.0f}"])
    header = ["problem, turnover 0.01", "loosened", "turnover given", "its price", "ms"]
    return markdown(header, rows)


def main(page: str = "") -> None:
    """Print the tables, and write them into a page."""
    with threadpool_limits(1), warnings.catch_warnings():
        warnings.simplefilter("ignore")
        text = "\n\n".join([speed_table(), accuracy_table(), relaxed_table()])
    print(text)
    if page:
        head, rest = Path(page).read_text(encoding="utf-8").split(BEGIN)
        tail = rest.split(END, 1)[1]
        Path(page).write_text(f"{head}{BEGIN}\n\n{text}\n\n{END}{tail}", encoding="utf-8")


if __name__ == "__main__":
    main(*sys.argv[1:])
