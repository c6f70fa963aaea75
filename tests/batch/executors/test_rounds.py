"""Jobs go out as there is room; what a lost worker had is split and tried once more, or alone."""

import pytest

from quanthedge.batch.executors.rounds import LOST, Lost, Piece, Run, driven
from quanthedge.batch.variant import Job, Outcome
from tests.batch.executors.fakes import jobs_of, run


class Places:
    """Places that lose what a list of numbers says, and count how many jobs are out at a time."""

    def __init__(self, count: int, poisoned: set[int], unlucky: set[int] | None = None) -> None:
        self.count_of_places = count
        self.poisoned, self.unlucky = poisoned, unlucky or set()
        self.out: list[tuple[Piece, Run]] = []
        self.most, self.cancelled, self.sizes = 0, 0, list[int]()

    def room(self) -> bool:
        return len(self.out) < self.count_of_places

    def start(self, piece: Piece, run: Run) -> None:
        self.out.append((piece, run))
        self.most = max(self.most, len(self.out))
        self.sizes.append(len(piece.job.variants))

    def ended(self) -> list[tuple[Piece, list[Outcome] | Lost]]:
        piece, run = self.out.pop(0)
        numbers = {one.number for one in piece.job.variants}
        if numbers & self.unlucky:
            self.unlucky -= numbers
            return [(piece, Lost("in a wrong place", blameless=True))]
        if numbers & self.poisoned:
            return [(piece, Lost("died of it"))]
        return [(piece, run(piece.job))]

    def cancel(self) -> None:
        self.cancelled += len(self.out)

    def count(self) -> int:
        return self.count_of_places


def all_of(places: Places, jobs: list[Job]) -> dict[int, Outcome]:
    found = [one for _, outcomes in driven(jobs, run, places) for one in outcomes]
    assert len(found) == len({one.number for one in found})
    return {one.number: one for one in found}


def test_a_poisoned_variant_alone_fails_and_its_company_ends() -> None:
    found = all_of(Places(2, {4}), jobs_of([{}] * 12, size=4))
    assert sorted(found) == list(range(12))
    assert [one.number for one in found.values() if one.failure] == [4]
    failure = found[4].failure
    assert failure is not None
    assert failure == (LOST, "died of it")
    assert found[4].series is None
    assert not found[4].figures


def test_a_lost_job_goes_out_by_single_variants_once() -> None:
    places = Places(2, {0, 1})
    all_of(places, jobs_of([{}] * 6, size=3))
    assert sorted(places.sizes) == [1, 1, 1, 3, 3]


class SharedWorker(Places):
    """One worker that has all that is out: whatever kills it takes the others along."""

    def ended(self) -> list[tuple[Piece, list[Outcome] | Lost]]:
        pieces, run = [piece for piece, _ in self.out], self.out[0][1]
        self.out.clear()
        if {one.number for piece in pieces for one in piece.job.variants} & self.poisoned:
            return [(piece, Lost("died in company", in_company=True)) for piece in pieces]
        return [(piece, run(piece.job)) for piece in pieces]


@pytest.mark.parametrize("count", [1, 2, 3, 10])
@pytest.mark.parametrize("size", [1, 3])
def test_what_was_lost_in_bad_company_twice_ends_alone(count: int, size: int) -> None:
    places = SharedWorker(count, {3, 6})
    found = all_of(places, jobs_of([{}] * 10, size=size))
    assert sorted(found) == list(range(10))
    assert sorted(one.number for one in found.values() if one.failure) == [3, 6]


def test_a_job_lost_through_no_fault_of_its_own_goes_out_whole() -> None:
    places = Places(1, set(), unlucky={1})
    found = all_of(places, jobs_of([{}] * 4, size=2))
    assert places.sizes == [2, 2, 2]
    assert not any(one.failure for one in found.values())


def test_no_more_jobs_are_asked_for_than_there_are_places() -> None:
    asked = 0

    def source() -> object:
        nonlocal asked
        for job in jobs_of([{}] * 20, size=1):
            asked += 1
            yield job

    places = Places(3, set())
    ended = 0
    for _ in driven(source(), run, places):  # type: ignore[arg-type]
        ended += 1
        assert asked <= ended + 3
    assert (ended, places.most) == (20, 3)


def test_what_is_out_is_given_up_when_nobody_asks_any_more() -> None:
    places = Places(3, set())
    running = driven(jobs_of([{}] * 9, size=1), run, places)
    next(running)
    running.close()  # type: ignore[attr-defined]
    assert places.cancelled == 3  # places are filled again before anything is yielded


@pytest.mark.parametrize("jobs", [[], jobs_of([{}])])
def test_it_ends_with_its_jobs(jobs: list[Job]) -> None:
    assert len(list(driven(jobs, run, Places(2, set())))) == len(jobs)
