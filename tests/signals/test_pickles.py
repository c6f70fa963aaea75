"""A pickled table is read as data; nothing in it is ever run."""

import io
import os
import pickle
import pickletools
from functools import cache

import numpy as np
import pandas as pd
import pytest

import quanthedge as qh
from quanthedge.errors import DataError
from quanthedge.signals.pickled import _NAMES, _PIECES, _Piece, _Pieces, read_pickled
from tests.sample import sample_market
from tests.signals.pickles import PICKLES

DAYS = ["2014-09-17", "2014-09-18"]
CODES = ["SH600519", "SZ000001", "SH600000"]


@cache
def predictions() -> pd.DataFrame:
    levels = pd.MultiIndex.from_product(
        [pd.to_datetime(DAYS), CODES], names=["datetime", "instrument"]
    )
    return pd.DataFrame({"score": np.arange(6, dtype=np.float32) / 8}, index=levels)


def kept(tmp_path, content):
    path = tmp_path / "pred.pkl"
    path.write_bytes(content)
    return path


def same(found, wanted):
    pd.testing.assert_frame_equal(found, wanted, check_index_type=False, check_column_type=False)
    assert [str(day) for day in found.index.get_level_values(0)] == [
        str(day) for day in wanted.index.get_level_values(0)
    ]


@pytest.mark.parametrize("version", PICKLES)
def test_predictions_of_qlib_are_read_from_every_version_of_pandas(version, tmp_path):
    same(read_pickled(kept(tmp_path, PICKLES[version])), predictions())


@pytest.mark.parametrize("protocol", [3, 4, 5])
def test_what_pandas_here_pickles_comes_back_as_pandas_reads_it(protocol, tmp_path):
    frame = predictions().assign(other=[3, 1, 4, 1, 5, 9])
    days = pd.bdate_range("2014-09-17", periods=4, name="date")
    wide = pd.DataFrame(np.arange(8.0).reshape(4, 2), days, ["600000.SH", "600519.SH"])
    gaps = frame.reset_index().astype({"score": float})
    gaps.loc[1, ["score", "instrument"]] = [np.nan, None]
    for one in (frame, wide, gaps, frame["score"], wide.T.copy()):
        found = read_pickled(kept(tmp_path, pickle.dumps(one, protocol=protocol)))
        found, wanted = (
            given.to_frame() if isinstance(given, pd.Series) else given for given in (found, one)
        )
        pd.testing.assert_frame_equal(
            found, wanted, check_index_type=False, check_column_type=False, check_dtype=False,
            check_freq=False,
        )  # fmt: skip


def test_a_signal_from_a_pickle_is_the_signal_from_the_frame(tmp_path):
    from_file = qh.signal_from(kept(tmp_path, PICKLES["pandas 2.2.3, numpy 2.1.3"]))
    wanted = qh.signal_from(predictions(), name="pred")
    np.testing.assert_array_equal(
        from_file.exposure(sample_market()), wanted.exposure(sample_market())
    )


class _Evil:
    def __init__(self, *call):
        self.call = call

    def __reduce__(self):
        return self.call


def hostile(mark):
    """Programs in the clothes of a pickle; each would leave a mark if it were run."""
    said = f"open({str(mark)!r}, 'w').close()"
    for protocol in (0, 1, 2, 4, 5):
        for function, argument in ((eval, said), (exec, said), (os.system, f"touch {mark}")):
            yield pickle.dumps(_Evil(function, (argument,)), protocol)
            yield pickle.dumps(predictions().assign(x=[_Evil(function, (argument,))] * 6), protocol)
    text = str(mark).encode()
    yield b"cbuiltins\neval\n(V" + said.encode() + b"\ntR."
    yield b"(S'touch " + text + b"'\nios\nsystem\n."  # INST
    yield b"(cos\nsystem\nS'touch " + text + b"'\no."  # OBJ
    yield b"\x80\x04\x8c\x02os\x8c\x06system\x93\x8c\x05touch\x85R."
    yield b"\x80\x02\x82\x01."  # EXT1
    yield b"Pname\n."  # PERSID
    yield b"\x80\x04cpandas\nDataFrame\n)}\x92."  # NEWOBJ_EX
    yield b"\x80\x05\x97."  # NEXT_BUFFER
    for name in ("pandas.io.pickle\nread_pickle", "numpy\nload", "pandas\neval", "pandas\nHDFStore",
                 "pandas.core.frame\nDataFrame.__init__", "pandas._libs.internals\neval",
                 "functools\npartial", "operator\nattrgetter", "copyreg\n_reconstructor",
                 "quanthedge.signals.pickled\nread_pickled", "builtins\ngetattr"):  # fmt: skip
        yield b"c" + name.encode() + b"\n(S'x'\ntR."


def test_no_program_is_run_and_each_is_refused_in_one_line(tmp_path):
    mark = tmp_path / "mark"
    for content in hostile(mark):
        with pytest.raises(DataError) as problem:
            qh.signal_from(kept(tmp_path, content))
        assert "\n" not in str(problem.value)
    assert not mark.exists()


def test_every_name_stands_for_a_piece_that_does_nothing():
    reader = _Pieces(io.BytesIO(b"."))
    for names in _NAMES.values():
        for name in names:
            piece = reader.find_class(*name.split(" "))
            assert issubclass(piece, _Piece)
            assert not set(vars(piece)) - {"what", "__slots__", "__module__", "__doc__"}
    assert len(_PIECES) == sum(len(names) for names in _NAMES.values())
    with pytest.raises(pickle.UnpicklingError):
        reader.find_class("os", "system")


def outcome(path):
    """The table, or the line that refuses it."""
    try:
        return read_pickled(path)
    except DataError as problem:
        return str(problem)


def spoilt(version):
    """A genuine pickle cut, with bytes flipped, and with names of it exchanged."""
    whole = PICKLES[version]
    rng = np.random.default_rng(5)
    yield from (whole[:k] for k in range(0, len(whole), 61))
    for place in rng.integers(0, len(whole), 60):
        yield whole[:place] + bytes([int(rng.integers(0, 256))]) + whole[place + 1 :]
    texts = [a for op, a, _ in pickletools.genops(whole) if op.name == "SHORT_BINUNICODE"]
    for text in sorted(set(texts)):
        for other in ("os", "O8"):
            written = [bytes([140, len(one)]) + one.encode() for one in (text, other)]
            yield whole.replace(*written)


@pytest.mark.parametrize("version", PICKLES)
def test_a_damaged_pickle_ends_in_one_line_or_in_a_table(version, tmp_path):
    found = [outcome(kept(tmp_path, content)) for content in spoilt(version)]
    assert not [told for told in found if isinstance(told, str) and "\n" in told]
    tables = [one for one in found if isinstance(one, pd.DataFrame)]
    assert tables  # a flipped byte of a number is another number
    assert all(one.shape == (6, 1) for one in tables)


def piece(name, args=(), state=None):
    """A piece as a pickle makes it."""
    made = _PIECES[name](*args)
    made.state = state
    return made


@pytest.mark.parametrize(
    ("frame", "told"),
    [
        (lambda: predictions().tz_localize("UTC", level=0), "DatetimeTZDtype|zone"),
        (lambda: predictions().assign(score=pd.Categorical(list("aabbcc"))), "Categorical"),
        (lambda: predictions().assign(score=[{1}] * 6), "wants to|objects"),
        (lambda: predictions().assign(score=1j), "numbers of another type"),
    ],
)
def test_what_is_no_table_of_numbers_days_and_texts_is_refused(frame, told, tmp_path):
    with pytest.raises(DataError, match=told):
        read_pickled(kept(tmp_path, pickle.dumps(frame(), protocol=4)))


def test_levels_of_levels_and_blocks_without_end_are_refused(monkeypatch, tmp_path):
    levels = piece("pandas.core.indexes.base _new_Index", (_PIECES["pandas MultiIndex"], {}))
    levels.args[1].update(levels=[levels], codes=[], names=[None])
    numbers = piece(
        "numpy._core.multiarray _reconstruct", (),
        (1, (1, 2), piece("numpy dtype", ("f8",), (3, "<")), False, bytes(16)),
    )  # fmt: skip
    block = piece(
        "pandas._libs.internals _unpickle_block", (numbers, piece("builtins slice", (0, 1, 1)), 2)
    )
    two = piece(
        "pandas.core.indexes.base _new_Index",
        (_PIECES["pandas RangeIndex"], {"start": 0, "stop": 2, "step": 1, "name": None}),
    )
    name = "pandas.core.internals.managers BlockManager"
    cases = {
        "levels of levels": piece(name, ([block], [two, levels])),
        "more blocks than columns": piece(name, ([block] * 3, [two, two])),
        "columns without values": piece(name, ([block], [two, two])),
    }
    for told, manager in cases.items():
        frame = piece("pandas DataFrame", (), {"_mgr": manager})
        monkeypatch.setattr("quanthedge.signals.pickled.read_pickle", lambda *_, f=frame: f)
        with pytest.raises(DataError, match=told):
            read_pickled(tmp_path / "pred.pkl")
