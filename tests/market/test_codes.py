"""All spellings of a code mean one stock, index or contract; everything else is refused."""

import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

from quanthedge.errors import DataError
from quanthedge.market.codes import Code

NUMBERS = st.from_regex(
    r"(60[0-35]|68[89]|00[0-3]|30[0-2]|43|83|87|92)[0-9]{4}", fullmatch=True
).map(lambda text: text[:6])


def exchange(number):
    if number.startswith("92") or number[0] in "48":
        return "BJ", "BJSE", "BSE"
    return ("SH", "XSHG", "SSE") if number[0] == "6" else ("SZ", "XSHE", "SZSE")


@given(NUMBERS)
def test_every_spelling_of_a_stock_means_the_same(number):
    short, joinquant, vnpy = exchange(number)
    expected = f"{number}.{short}"
    spellings = [
        expected, f"{short}{number}", f"{short.lower()}{number}", f"{short.lower()}.{number}",
        f"{number}.{joinquant}", f"{number}.{vnpy}", f"{vnpy}.STK.{number}", number,
        f" {expected} ", number.lstrip("0") or "0",
    ]  # fmt: skip
    assert {Code(text).stock() for text in spellings} == {expected}


@given(st.integers(10, 30), st.integers(1, 12), st.sampled_from(["IF", "IH", "IC", "IM"]))
def test_every_spelling_of_a_contract_means_the_same(year, month, product):
    name = f"{product}{year:02d}{month:02d}"
    spellings = [
        name, name.lower(), f"{name}.CFX", f"{name}.CFFEX", f"{name}.CCFX",
        f"CFFEX.{product}.{year:02d}{month:02d}",
    ]  # fmt: skip
    assert {Code(text).contract() for text in spellings} == {name}


@pytest.mark.parametrize(
    "text",
    ["IF8888.CCFX", "IF9999.CCFX", "IF88", "IF888", "IF889", "IF99", "IF.CFX", "IFL.CFX",
     "CFFEX.IF.HOT", "IF0", "IF00", "IF01"],
)  # fmt: skip
def test_continuous_series_are_no_contracts(text):
    assert Code(text).contract() is None


@pytest.mark.parametrize(
    ("text", "code"),
    [("SH000300", "000300.SH"), ("000300.XSHG", "000300.SH"), ("399006", "399006.SZ"),
     ("sz399006", "399006.SZ"), ("000905.CSI", "000905.SH"), ("300", "000300.SH")],
)  # fmt: skip
def test_indices_keep_their_exchange(text, code):
    assert Code(text).index() == code


WRONG = [
    "",
    "600000.NYSE",
    "60000",
    "../600000",
    "600000.SH/..",
    "６０００００",
    "AAPL",
    "nan",
    "6000000",
    "SH60000",
]


@pytest.mark.parametrize("text", [w for w in WRONG if not w.isascii() or not w.isdigit()])
def test_what_is_no_code_is_refused(text):
    with pytest.raises(DataError):
        Code(text).stock()


@given(st.text(max_size=20))
def test_any_text_is_a_code_or_an_error(text):
    for meaning in (Code.stock, Code.index, Code.contract):
        try:
            found = meaning(Code(text))
        except DataError:
            continue
        assert found is None or (found.isascii() and "/" not in found and ".." not in found)


def test_funds_bonds_and_b_shares_are_no_stocks():
    assert Code("600000.SH").is_stock
    others = ("510300.SH", "900901.SH", "200002.SZ", "000300.SH", "113001.SH")
    assert not any(Code(code).is_stock for code in others)


def test_columns_are_read_once_for_each_text():
    seen = []

    def counted(code):
        seen.append(code)
        return code.stock()

    column = pa.chunked_array([["SH600000"] * 500, ["SH600000"] * 500])
    assert Code.column(column, counted).to_pylist() == ["600000.SH"] * 1000
    assert len(seen) == 1
    assert Code.column(pa.array([1, 600000]), Code.stock).to_pylist() == ["000001.SZ", "600000.SH"]
    with pytest.raises(DataError, match="1 rows have no code"):
        Code.column(pa.array(["SH600000", None]), Code.stock)
    with pytest.raises(DataError, match="codes are double"):
        Code.column(pa.array([1.0]), Code.stock)
