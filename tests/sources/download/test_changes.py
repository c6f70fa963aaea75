"""What a newer answer changes of an older one, beside pandas' own comparison."""

import pyarrow as pa
from hypothesis import given, settings
from hypothesis import strategies as st

from quanthedge.sources.download.changes import changes_between

ROWS = st.dictionaries(
    st.sampled_from("ABCDEFGH"), st.tuples(st.sampled_from([1.0, 2.0, None]), st.integers(0, 2))
)


Rows = dict[str, tuple[float | None, int]]


def table(rows: Rows) -> pa.Table:
    return pa.table(
        {
            "code": pa.array(list(rows), pa.string()),
            "close": pa.array([row[0] for row in rows.values()], pa.float64()),
            "volume": pa.array([row[1] for row in rows.values()], pa.int64()),
        }
    )


@settings(max_examples=150, deadline=None)
@given(old=ROWS, new=ROWS)
def test_counts_are_those_of_a_join(old: Rows, new: Rows) -> None:
    found = changes_between(table(old), table(new), ["code"])
    one, two = (table(rows).to_pandas().set_index("code") for rows in (old, new))
    shared = one.index.intersection(two.index)
    before, after = one.loc[shared], two.loc[shared]
    changed = (before != after) & ~(before.isna() & after.isna())
    assert found.added == len(two.index.difference(one.index))
    assert found.removed == len(one.index.difference(two.index))
    assert found.changed == int(changed.to_numpy().sum())
    assert bool(found) == (not one.sort_index().equals(two.sort_index()))


@given(old=ROWS, new=ROWS)
def test_without_an_identity_whole_rows_are_counted(old: Rows, new: Rows) -> None:
    found = changes_between(table(old), table(new), [])
    one, two = (set(rows.items()) for rows in (old, new))
    assert (found.added, found.removed, found.changed) == (len(two - one), len(one - two), 0)


def test_an_identity_that_is_not_one_falls_back_to_whole_rows() -> None:
    old = pa.table({"code": ["A", "A"], "close": [1.0, 2.0]})
    new = pa.table({"code": ["A", "A"], "close": [2.0, 3.0]})
    found = changes_between(old, new, ["code"])
    assert (found.added, found.removed, found.changed) == (1, 1, 0)


def test_null_and_nan_are_the_same_and_the_order_does_not_matter() -> None:
    old = pa.table({"code": ["A", "B"], "close": pa.array([None, 1.0], pa.float64())})
    new = pa.table({"code": ["B", "A"], "close": pa.array([1.0, float("nan")])})
    assert not changes_between(old, new, ["code"])
    assert not changes_between(old, new, [])


def test_columns_that_came_or_went_are_named() -> None:
    old = pa.table({"code": ["A"], "close": [1.0]})
    new = pa.table({"code": ["A"], "turnover": [1.0]})
    found = changes_between(old, new, ["code"])
    assert str(found) == "column 'turnover' added, column 'close' removed"
    assert found


def test_examples_are_few_and_short() -> None:
    old = pa.table({"code": [f"{k:06d}" * 50 for k in range(100)]})
    found = changes_between(old, old.slice(0, 0), ["code"])
    assert found.removed == 100
    assert len(found.removed_examples) == 3
    assert all(len(text) <= 120 for text in found.removed_examples)
