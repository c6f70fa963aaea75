"""The rule book of a day reads as sentences and leaves nothing out."""

from datetime import date

import numpy as np
import pytest

from quanthedge.errors import RuleError
from quanthedge.rules import describe_day

DAYS = ["1995-01-03", "2009-10-30", "2015-09-07", "2016-01-04", "2020-08-24", "2026-11-20"]


def by_rule(day):
    return describe_day(day).set_index(["subject", "rule"])["value"]


def test_the_seventh_of_september_2015():
    book = by_rule("2015-09-07")
    assert book["stamp duty", "A shares"] == "buyer 0%, seller 0.1%"
    assert book["stock fee", "transfer fee, Shanghai"] == "0.002% of the amount; to CSDC"
    assert book["stock price limit", "main boards, ST"] == "±5% of the previous close"
    assert book["stock price limit", "Shanghai main board, new listing"] == (
        "+44%, -36% of the issue price on the first day"
    )
    assert book["dividend tax", "individual, held over 1 month up to 1 year"] == (
        "10%, of which 5% withheld at payment and the rest at sale"
    )
    assert book["futures contract", "IC"] == "CSI 500, 200 yuan a point, tick 0.2 points"
    assert book["futures contract", "contracts of 2015-09 end on"] == "2015-09-18"
    assert book["futures hours", "IF, IH, IC"] == (
        "09:15-11:30, 13:00-15:15; call auction from 09:10; last trading day 13:00-15:00"
    )
    assert book["futures margin", "IF"] == "short 40%, hedging short 20%; long the same"
    assert book["futures fee", "closing what was opened today"] == "0.23% of traded value"
    assert book["futures limit", "opening in a day"] == (
        "10 lots; one client, product, per day; hedges exempt"
    )
    assert book["futures limit", "position of a client: IF"].startswith("5000 lots; one client")
    assert "IM" not in " ".join(book.index.get_level_values("rule"))


def test_the_days_of_the_circuit_breaker():
    book = by_rule("2016-01-04")
    assert book["circuit breaker", "second threshold"] == "7% at any time: halt to the close"
    assert book["circuit breaker", "this day"] == (
        "halted 13:13, resumed 13:28, closed for the day 13:34; 139 of 240 minutes traded"
    )
    assert "this day" not in by_rule("2016-01-05")["circuit breaker"]
    assert by_rule("2016-01-08")["circuit breaker"].to_dict() == {
        "out of force": "since 2016-01-08"
    }
    assert "circuit breaker" not in by_rule("2015-12-31")


def test_what_the_book_lacks_is_said_rather_than_left_out():
    book = describe_day("1995-01-03")
    missing = book[book["confidence"] == ""]
    assert missing["rule"].tolist() == [
        "Shanghai main board", "Shenzhen main board", "handling fee, Shanghai",
    ]  # fmt: skip
    assert set(missing["value"]) == {"not in the book: a run on this day is refused"}
    assert not book["subject"].str.startswith(("futures", "hedging", "fund")).any()
    assert (describe_day("2005-01-04")["confidence"] != "").all()


def test_boards_appear_when_they_open():
    for day, boards in (("2009-10-29", 2), ("2009-10-30", 3), ("2019-07-22", 4), ("2026-11-20", 5)):
        assert len(by_rule(day)["stock lot and tick"]) == boards
    assert by_rule("2019-07-22")["stock lot and tick", "STAR"] == (
        "buy 200 or more in steps of 1, remainder under 200 sold in one order; tick 0.01 yuan"
    )


def test_a_moved_expiry_names_its_holiday():
    assert by_rule("2026-02-02")["futures contract", "contracts of 2026-02 end on"] == (
        "2026-02-24, as the third Friday, 2026-02-20, is in the Spring Festival"
    )


def test_margins_that_differ_by_side_or_tier_are_told_apart():
    assert by_rule("2015-07-08")["futures margin", "IC"] == (
        "short 20%, hedging short 10%; long 10%, hedging long 10%"
    )
    margins = by_rule("2010-04-16")["futures margin"]
    assert margins.index.tolist() == ["IF, two nearest", "IF, two quarter months"]


@pytest.mark.parametrize("day", DAYS)
def test_every_line_is_in_force_has_a_source_and_reads_without_code_words(day):
    table = describe_day(day)
    told = table[table["confidence"] != ""]
    started, ended, asked = told["from"], told["to"], np.datetime64(day)
    assert ((started.isna() | (started <= asked)) & (ended.isna() | (ended >= asked))).all()
    assert set(told["confidence"]) <= set("ABCM")
    assert (told["sources"] != "").all()
    assert not table.duplicated(["subject", "rule"]).any()
    words = table[["rule", "value"]].to_numpy().ravel().tolist()
    assert not [text for text in words if "_" in text or ";;" in text or not text.strip()]
    assert table["rule"].str.len().max() <= 60
    subjects = table["subject"].tolist()
    assert len(set(subjects)) == sum(
        a != b for a, b in zip(["", *subjects], subjects, strict=False)
    )


def test_a_day_may_be_given_as_a_date_and_must_be_in_the_book():
    assert len(describe_day(date(2024, 1, 2))) == len(describe_day("2024-01-02"))
    with pytest.raises(RuleError, match="begins on 1990-04-15"):
        describe_day("1989-01-02")
    with pytest.raises(RuleError, match="dates"):
        describe_day("yesterday")
