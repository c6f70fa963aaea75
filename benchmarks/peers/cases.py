"""What is measured: jobs, sizes, and which engines are asked."""

from typing import NamedTuple

__all__ = [
    "BESIDE",
    "ENVIRONMENTS",
    "JOBS",
    "OWN",
    "SIZES",
    "Case",
    "Size",
    "chosen",
    "no_more_than",
]

OWN = "quanthedge"


class Size(NamedTuple):
    """Stocks, days, names that are held."""

    stocks: int
    days: int
    names: int


SIZES = {
    "small": Size(300, 750, 50),
    "middle": Size(800, 1250, 100),
    "medium": Size(3000, 2500, 200),
    "large": Size(5300, 4900, 300),
}
FIRST_CALL = Size(20, 60, 5)

# environments that are made, and what is installed into them; others live beside QuantHedge
ENVIRONMENTS = {
    "classic": ("bt", "backtrader"),
    "zipline": ("zipline-reloaded",),
    "qlib": ("pyqlib",),
    "rqalpha": ("rqalpha",),
}
LIVES_IN = {
    "bt": "classic", "backtrader": "classic", "zipline": "zipline", "qlib": "qlib",
    "rqalpha": "rqalpha",
}  # fmt: skip

# relative difference from QuantHedge's answer up to which it was the same work
TOLERANCE = {"book": 1e-3, "strategy": 1e-3, "sweep": 1e-3}
FINE = 1e-8  # of other jobs

JOBS = ("book", "strategy", "sweep", "betas", "operators", "evaluation")


# measured beside QuantHedge for what they show, not as peers: (job, engine)
BESIDE = {
    "book": (("book_rules", OWN),),
    "betas": (("betas_floor", "numpy"),),
    "operators": (("operators_floor", "numpy"),),
    "evaluation": (("evaluation_whole", OWN),),
}


class Case(NamedTuple):
    """A job of a size, and the engines that do it beside QuantHedge."""

    job: str
    size: str
    peers: tuple[str, ...]


CASES = (
    Case("book", "small", ("vectorbt", "vectorbt_ordered", "bt", "backtrader")),
    Case("book", "medium", ("vectorbt", "vectorbt_ordered", "bt", "backtrader")),
    Case("book", "large", ("vectorbt", "vectorbt_ordered", "bt", "backtrader")),
    Case("strategy", "small", ("vectorbt", "bt", "backtrader", "zipline", "qlib", "rqalpha")),
    Case("strategy", "middle", ("vectorbt", "bt", "backtrader", "zipline", "qlib", "rqalpha")),
    Case("sweep", "small", ("vectorbt",)),
    Case("sweep", "medium", ("vectorbt",)),
    Case("betas", "small", ("pandas", "statsmodels")),
    Case("betas", "medium", ("pandas", "statsmodels")),
    Case("betas", "large", ("pandas", "statsmodels")),
    Case("operators", "small", ("pandas",)),
    Case("operators", "medium", ("pandas",)),
    Case("operators", "large", ("pandas",)),
    Case("evaluation", "market", ("alphalens",)),
)

# what a quick run does at the medium size
QUICK = {"book": ("vectorbt", "vectorbt_ordered"), "betas": ("pandas",), "operators": ("pandas",)}

# what is not even begun, and why
HOPELESS = {
    ("sweep", "medium", "vectorbt"): (
        "its table of 100 x 3,001 columns takes 6 GB for each of five arrays"
    ),
}


def no_more_than(job: str, size: str) -> list[tuple[str, str]]:
    """Return jobs and sizes that ask no more than this one: keeping books is part of a strategy."""
    names = list(SIZES)
    sizes = names[: names.index(size) + 1] if size in SIZES else [size]
    jobs = ("book", "strategy") if job == "strategy" else (job,)
    return [(one, of) for one in jobs for of in sizes]


def chosen(jobs: tuple[str, ...], *, quick: bool) -> list[Case]:
    """Return the cases of a mode: all, or the small ones and one medium."""
    found = []
    for case in CASES:
        if case.job not in jobs:
            continue
        if not quick or case.size in ("small", "market"):
            found.append(case)
        elif case.size == "medium" and case.job in QUICK:
            found.append(case._replace(peers=QUICK[case.job]))
    return found
