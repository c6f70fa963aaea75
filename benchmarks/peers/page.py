"""The page of a comparison, from its results."""

import statistics
import tomllib
from pathlib import Path
from typing import Any

from benchmarks.pages import markdown
from benchmarks.peers.cases import BESIDE, ENVIRONMENTS, FINE, JOBS, OWN, SIZES, TOLERANCE

__all__ = ["apart", "ratio", "text_of"]

TEXTS = tomllib.loads(Path(__file__).with_name("page.toml").read_text(encoding="utf-8"))
ASKED_OF_PEERS, ASKED_OF_VECTORBT, ASKED_OF_PASS, ASKED_OF_PAGE = 20.0, 200.0, 10.0, 5.0
Row = dict[str, Any]


def text_of(results: dict[str, Any]) -> str:
    """Return the whole page."""
    rows = results["rows"]
    parts = [TEXTS["head"].format(command=_command(results)), _made_on(results)]
    parts += ["## What was asked, and what came out", _targets(results), _behind(rows)]
    parts += ["## The common market", TEXTS["market"], "## The jobs"]
    for job in JOBS:
        named = {job, *(of for of, _ in BESIDE.get(job, ()))}
        mine = [row for row in rows if row["job"] in named]
        if mine:
            parts += [f"### {TEXTS['jobs'][job]['title']}", TEXTS["jobs"][job]["text"]]
            parts += [_table(mine)]
    parts += ["## Starting up", TEXTS["starting"], _starting(rows)]
    parts += ["## What the peers do not do", TEXTS["less"]]
    parts += ["## The guard", TEXTS["guard"]]
    return "\n\n".join(part.strip() for part in parts) + "\n"


_FROM_ORDERS = {
    "vectorbt": "vectorbt's `from_orders`, which sorts its calls",
    "vectorbt_ordered": "vectorbt's `from_orders` with its calls sorted ahead by hand",
}
_HOLDS = {"book", "book_rules", "strategy", "sweep"}
_NOT_PEERS = {of: job for job, beside in BESIDE.items() for of, _ in beside}
_NAMES = {
    "book_rules": "quanthedge, all rules", "betas_floor": "numpy, one pass",
    "operators_floor": "numpy, a pass each", "evaluation_whole": "quanthedge, all tables",
}  # fmt: skip


def _command(results: dict[str, Any]) -> str:
    return f"python -m benchmarks.peers --{results['mode']} --environments FOLDER --market DATASET"


def _made_on(results: dict[str, Any]) -> str:
    machine = results["machine"]
    versions: dict[str, str] = {}
    for row in results["rows"]:
        for name, version in row["versions"].items():
            if name not in ("pandas", "numpy", "numba") or row["engine"] in (OWN, "pandas"):
                versions.setdefault(name, version)
    named = ", ".join(f"{name} {version}" for name, version in sorted(versions.items()))
    before, highest = results["load"]
    return (
        f"{results['when']}, {results['minutes']:.0f} minutes: {machine['cpu']}, "
        f"{machine['cores']} cores, {machine['memory_gib']:.0f} GiB, {machine['system']}, Python "
        f"{machine['python']}; load {before:g} when it began, {highest:g} at its highest "
        f"({'a quiet' if highest <= machine['cores'] + 0.5 else 'a busy'} machine).\n\n"
        f"{named}. Environments of their own: {', '.join(ENVIRONMENTS)}; pandas and numpy there "
        "are what each package asks for." + (f"\n\n{results['note']}" if "note" in results else "")
    )


def _median(row: Row, name: str) -> float:
    return statistics.median(row[name]) if row[name] else float("nan")


def _own(rows: list[Row], row: Row) -> Row:
    case = OWN, _NOT_PEERS.get(row["job"], row["job"]), row["size"]
    return next(one for one in rows if (one["engine"], one["job"], one["size"]) == case)


def ratio(rows: list[Row], row: Row) -> float:
    """Return the processor time of a peer over ours on the same case; NaN where it is not there."""
    return _median(row, "cpu_seconds") / _median(_own(rows, row), "cpu_seconds")


def apart(rows: list[Row], row: Row) -> float:
    """Return the largest relative difference of a peer's answer from ours."""
    ours = _own(rows, row)["answer"]
    both = row["answer"].keys() & ours.keys()
    return max((abs(row["answer"][k] / ours[k] - 1.0) for k in both), default=float("nan"))


def same_work(rows: list[Row], row: Row) -> bool:
    """Whether a peer's answer is ours."""
    return bool(apart(rows, row) <= TOLERANCE.get(row["job"], FINE))


def _peers(rows: list[Row]) -> list[Row]:
    return [
        row
        for row in rows
        if row["engine"] != OWN and row["job"] not in _NOT_PEERS and row["seconds"]
    ]


def _size(name: str, job: str = "book") -> str:
    if name not in SIZES:
        return name
    size = SIZES[name]
    market = f"{size.stocks:,} x {size.days:,}"
    return f"{market}, {size.names} held" if job in _HOLDS else market


def _peak(row: Row) -> str:
    """Return the peak of a process and how much of it came in the calls; 0 is not measured."""
    if not row["peak_mib"]:
        return "not measured"
    return f"{row['peak_mib']:,.0f} ({row['peak_mib'] - row['before_mib']:,.0f})"


def _case(row: Row) -> str:
    return (
        f"{row['engine']} on {TEXTS['jobs'][row['job']]['short']}, {_size(row['size'], row['job'])}"
    )


def _targets(results: dict[str, Any]) -> str:
    """Return the table of targets."""
    rows = results["rows"]
    found = []
    for size, times in results["passes"].items():
        found.append(
            [
                f"the ledger with all its rules, {_size(size)}: within {ASKED_OF_PASS:g} times "
                "numpy's pass over the bytes that it reads",
                f"{times:.1f} times", _met(times <= ASKED_OF_PASS),
            ]
        )  # fmt: skip
    for row in _peers(rows):
        if row["engine"] in _FROM_ORDERS and row["job"] == "book":
            times = ratio(rows, row)
            found.append(
                [
                    f"the ledger against {_FROM_ORDERS[row['engine']]}, {_size(row['size'])}: "
                    f"{ASKED_OF_VECTORBT:g} times as fast",
                    f"{times:,.0f} times", _met(times >= ASKED_OF_VECTORBT),
                ]
            )  # fmt: skip
    whole = results["whole"]
    what = (
        f"market to page as one warm process, {whole['stocks']:,} stocks, {whole['first']} to "
        f"{whole['last']}: within {ASKED_OF_PAGE:g} s"
    )
    figures = (
        f"{whole['seconds']:.1f} s ({whole['cpu_seconds']:.1f} s of processor time, first process "
        f"{whole['first_seconds']:.1f} s, peak {whole['peak_mib']:,.0f} MiB)"
    )
    # a target for ten real years says nothing when fewer were run
    long = whole["stocks"] >= 2000 and whole["days"] >= 2000
    met = _met(whole["seconds"] <= ASKED_OF_PAGE) if long else "not measured: a small market"
    found.append([what, figures, met])
    ratios = [ratio(rows, row) for row in _peers(rows) if same_work(rows, row)]
    if ratios:
        ahead = sum(times >= ASKED_OF_PEERS for times in ratios)
        found.append(
            [
                f"{ASKED_OF_PEERS:g} times as fast as every peer on every job that it can express",
                f"{ahead} of {len(ratios)} measured cases; the least is {min(ratios):.1f} times",
                _met(ahead == len(ratios)),
            ]
        )
    return markdown(["asked", "measured", ""], found)


def _met(reached: bool) -> str:
    return "reached" if reached else "**not reached**"


def _behind(rows: list[Row]) -> str:
    """Say where a peer is near, faster, leaner, different or missing."""
    peers = _peers(rows)
    near = [
        f"- {_case(row)}: {ratio(rows, row):.1f} times"
        for row in peers
        if same_work(rows, row) and ratio(rows, row) < ASKED_OF_PEERS
    ]
    leaner = [
        f"- {_case(row)}: {row['peak_mib']:,.0f} MiB against {_own(rows, row)['peak_mib']:,.0f}"
        for row in peers
        if 0.0 < row["peak_mib"] < _own(rows, row)["peak_mib"]
    ]
    other = [
        f"- {_case(row)}: its answer is {apart(rows, row):.1e} from ours, so that no ratio is given"
        for row in peers
        if not same_work(rows, row)
    ]
    missing = [
        f"- {_case(row)}: {row['status']}, {row['reason']}"
        for row in rows
        if row["status"] != "done"
    ]
    parts = []
    for words, lines in (
        (f"Less than {ASKED_OF_PEERS:g} times ahead:", near),
        ("A peer's process is leaner at its peak:", leaner),
        ("Not the same work:", other),
        ("Not measured to the end:", missing),
    ):
        if lines:
            parts.append(words + "\n\n" + "\n".join(lines))
    return "\n\n".join(parts)


def _seconds(value: float) -> str:
    if value != value:
        return ""
    return f"{value:.4f}" if value < 0.1 else f"{value:.3f}" if value < 10 else f"{value:.1f}"


def _table(rows: list[Row]) -> str:
    """Return the table of a job."""
    lines = []
    for row in rows:
        name = _NAMES.get(row["job"], row["engine"])
        if not row["seconds"]:
            lines.append(
                [_size(row["size"], row["job"]), name, f"{row['status']}: {row['reason']}"]
                + [""] * 5
            )
            continue
        times = agreed = ""
        if row["job"] in _NOT_PEERS:
            times = f"({ratio(rows, row):,.1f})"
        elif row["engine"] != OWN:
            agreed = f"{apart(rows, row):.1e}"
            times = f"{ratio(rows, row):,.1f}" if same_work(rows, row) else "not the same work"
        lines.append(
            [
                _size(row["size"], row["job"]), name, _seconds(_median(row, "seconds")),
                _seconds(_median(row, "cpu_seconds")), times, agreed,
                _peak(row),
                str(len(row["seconds"])),
            ]
        )  # fmt: skip
    header = ["stocks x days", "package", "seconds", "processor s", "times ours", "answers apart"]
    return markdown([*header, "peak MiB (of it in the calls)", "calls"], lines)


def _starting(rows: list[Row]) -> str:
    """Return import and first calls by package, from the small size."""
    lines = [
        [
            row["engine"], TEXTS["jobs"][row["job"]]["short"],
            f"{row['import_seconds']:.2f}", f"{row['cold_seconds']:.2f}",
            f"{row['prepare_seconds']:.2f}",
        ]
        for row in rows
        if row["seconds"] and row["job"] not in _NOT_PEERS and row["size"] in ("small", "market")
    ]  # fmt: skip
    return markdown(
        ["package", "job", "import, s", "first small call, s", "the market in its form, s"], lines
    )
