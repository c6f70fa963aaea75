"""A thousand damaged strategies, runs and markets: one line each, never a traceback.

`python -m tests.cli.hostile --inputs 10000` throws more of them, and heavier ones.
"""

import collections

import pytest

from tests.cli.hostile import Sound, sound, thrown

INPUTS = {"strategy": 675, "run": 100, "market": 225}
SEED = 11


@pytest.fixture(scope="module")
def good(tmp_path_factory: pytest.TempPathFactory) -> Sound:
    return sound(tmp_path_factory.mktemp("hostile"))


@pytest.mark.parametrize("kind", INPUTS)
def test_whatever_is_thrown_at_a_command_ends_in_one_line(kind: str, good: Sound) -> None:
    codes: collections.Counter[int] = collections.Counter()
    faults = []
    for number in range(INPUTS[kind]):
        outcome = thrown(good, kind, number, SEED, light=True)
        codes[outcome.code] += 1
        if outcome.fault():
            faults.append(f"{kind} {number}: {outcome.fault()}")
    assert faults == []
    assert set(codes) <= {0, 1, 2}
    assert codes[2] > INPUTS[kind] / 2  # most of it is really damaged
    # and some of it gets through to the work: a check that ends with findings has done it too
    assert codes[0] + codes[1] > 0
