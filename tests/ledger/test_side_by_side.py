"""Ledgers that take turns write the bits of ledgers that run alone."""

from concurrent.futures import ThreadPoolExecutor

import numpy as np
import pytest

from benchmarks.ledger import make_inputs
from quanthedge.errors import LedgerError
from quanthedge.ledger import LedgerInputs, LightRecord, layout, run_ledger


def several() -> list[LedgerInputs]:
    """Return funds of one market that differ in capital, costs, hedge and terms."""
    base = make_inputs(40, 130, 12, every=15, impact=1.0)
    changed = [
        base.settings,
        base.settings._replace(capital_yuan=5e6),
        base.settings._replace(commission_rate=0.003, retry_days=0),
        base.settings._replace(sale_proceeds=2),
    ]
    inputs = [base._replace(settings=one) for one in changed]
    inputs.append(base._replace(hedge=base.hedge._replace(ratio=np.array([0.5]))))
    inputs.append(base._replace(fund=base.fund._replace(performance_rate=0.0)))
    return inputs


@pytest.mark.parametrize("block", [1, 7, 50, 1000])
def test_rows_are_those_of_a_run_alone_bit_for_bit(block):
    inputs = several()
    for one, found in zip(inputs, LightRecord.side_by_side(inputs, block=block), strict=True):
        alone = run_ledger(one)
        assert found.ledger.tobytes() == alone.ledger.tobytes()
        assert found.days_run == alone.days_run
        assert found.trades == len(alone.trades)
        reasons = alone.refusals[:, 6].astype(int)
        counts = np.bincount(reasons, minlength=len(layout.REFUSAL_REASONS))
        assert found.refusals.tolist() == counts.tolist()


def test_what_was_refused_on_the_first_rebalance_is_kept():
    (one, *_) = several()
    poor = one._replace(settings=one.settings._replace(capital_yuan=2e3))
    (found,) = LightRecord.side_by_side([poor])
    alone = run_ledger(poor).refusals
    assert len(found.refused_first)
    assert np.array_equal(found.refused_first, alone[alone[:, 0] == 0])


def test_an_insolvent_fund_ends_and_the_others_go_on():
    fine = several()[0]
    ruined = fine._replace(
        settings=fine.settings._replace(borrowed=2.0, recovery=0.0, participation=0.0),
        targets=fine.targets._replace(weights=3.0 * fine.targets.weights),
        bars=fine.bars._replace(delist=np.full_like(fine.bars.delist, 52)),
        hedge=fine.hedge._replace(ratio=np.zeros(1)),
    )
    alone = run_ledger(ruined)
    assert alone.insolvent_day is not None
    found = LightRecord.side_by_side([ruined, fine, ruined], block=5)
    assert [one.insolvent_day for one in found] == [alone.insolvent_day, None, alone.insolvent_day]
    assert found[0].days_run == alone.days_run
    assert found[0].ledger.tobytes() == alone.ledger.tobytes()
    assert found[1].days_run == 130


def test_a_broken_promise_stands_in_its_own_record():
    fine = several()[0]
    settlement = fine.futures.settlement.copy()
    settlement[40:] = np.nan
    broken = fine._replace(futures=fine.futures._replace(settlement=settlement))
    with pytest.raises(LedgerError):
        run_ledger(broken)
    found = LightRecord.side_by_side([broken, fine])
    assert isinstance(found[0].fault, LedgerError)
    assert found[1].fault is None
    assert found[1].ledger.tobytes() == run_ledger(fine).ledger.tobytes()


def test_spans_that_differ_are_refused():
    with pytest.raises(LedgerError, match="spans of"):
        LightRecord.side_by_side([several()[0], make_inputs(40, 60, 12)])


def test_no_ledger_is_no_record():
    assert LightRecord.side_by_side([]) == []


def test_threads_do_not_meet():
    inputs = several()
    alone = [one.ledger.tobytes() for one in LightRecord.side_by_side(inputs)]
    with ThreadPoolExecutor(4) as pool:
        for found in pool.map(LightRecord.side_by_side, [inputs] * 8):
            assert [one.ledger.tobytes() for one in found] == alone


def test_many_lots_of_stocks_are_room_and_not_memory():
    """A large array of lots comes in pages of its own, with the same figures."""
    one = several()[0]
    roomy = one._replace(tax=one.tax._replace(lots=4000))
    (found,) = LightRecord.side_by_side([roomy])
    assert found.ledger.tobytes() == run_ledger(roomy).ledger.tobytes()
    assert found.ledger[-1, layout.EQUITY_] > 0.0
