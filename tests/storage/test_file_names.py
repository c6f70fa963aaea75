"""Names of people and products become names of files that are distinct on every system."""

import unicodedata

from hypothesis import given, settings
from hypothesis import strategies as st

from quanthedge.storage import file_name, file_names

STRANGE = (
    """
Li Wei|Li_Wei|li_wei|LI_WEI|Client A|Client-A|Client.A|client-a|CON|con|NUL|nul|com1|lpt9|x.|x |
 x|.|..|a/b|a\\b|a:b|-rf|~|$HOME|%TEMP%|Li_Wei-7cf28ed49d|li_wei-3c5e9a63c0|ss|fi|k|K
""".strip()
    .replace("\n", "")
    .split("|")
)
LETTERS = [
    "COM\u00b9",
    "\u00e9",
    "e\u0301",
    "\u9f8d",
    "\uf9c4",
    "\u674e\u4f1f",
    "\u7a33" * 41,
    "a\x00b",
]
LETTERS += [
    "\u0130",
    "i\u0307",
    "\u00df",
    "\ud800",
    "\ufb01",
    "\u212a",
    "A" * 300,
    "A" * 301,
    "a" * 40,
    "",
]
NAMES = st.text(st.characters(), max_size=60) | st.sampled_from(STRANGE + LETTERS)
DEVICES = {
    "con",
    "prn",
    "aux",
    "nul",
    *(f"{port}{n}" for port in ("com", "lpt") for n in range(10)),
}


def as_systems_compare(name):
    """How the least careful file system sees a name: without case, composed or not."""
    return unicodedata.normalize("NFKD", unicodedata.normalize("NFKD", name).casefold()).casefold()


@given(first=NAMES, second=NAMES)
@settings(max_examples=600, deadline=None)
def test_two_names_are_never_one_file(first, second):
    one, other = file_name(first), file_name(second)
    assert (as_systems_compare(one) == as_systems_compare(other)) == (first == second)


@given(name=NAMES)
@settings(max_examples=400, deadline=None)
def test_a_name_of_a_file_is_safe_everywhere(name):
    made = file_name(name)
    assert made == file_name(name)
    assert 0 < len(made) <= 60
    assert len(made.encode("utf-8")) <= 200
    assert made.casefold() not in DEVICES
    assert made[0] not in "-. "
    assert all(
        (letter.isascii() and (letter.isalnum() or letter in "-_"))
        or "\u3400" <= letter <= "\u4dbf" or "\u4e00" <= letter <= "\u9fff"
        for letter in made
    )  # fmt: skip


def test_plain_names_stay_as_they_are():
    for name in ("levered", "index_hedged", "fund-3", "\u7a33\u5065\u4e00\u53f7", "a" * 40, "7"):
        assert file_name(name) == name


@given(names=st.lists(NAMES, max_size=30))
@settings(max_examples=100, deadline=None)
def test_several_names_get_as_many_files(names):
    made = file_names(names)
    assert list(made) == list(dict.fromkeys(names))
    assert len({as_systems_compare(one) for one in made.values()}) == len(made)


def test_a_name_that_is_taken_gets_a_longer_digest():
    first = file_name("Li Wei")
    second = file_name("Li Wei", [first.upper()])
    assert second.startswith(first)
    assert file_name("Li Wei", [first, second]) not in (first, second)
    assert file_name("levered", ["Levered"]) != "levered"
