import numpy as np
import pytest

from quanthedge.market.checks.price_limits import beyond_limit

CODES = np.array(["300001.SZ", "430047.BJ", "600519.SH", "688001.SH"])


@pytest.mark.parametrize(
    ("code", "date", "special", "allowed", "beyond"),
    [
        ("600519.SH", "2014-09-17", False, 11.00, 11.02),
        ("600519.SH", "2014-09-17", False, 9.00, 8.98),
        ("600519.SH", "2014-09-17", True, 10.50, 10.52),
        ("300001.SZ", "2020-08-21", False, 11.00, 11.02),
        ("300001.SZ", "2020-08-24", False, 12.00, 12.02),
        ("688001.SH", "2020-01-02", False, 12.00, 12.02),
        ("430047.BJ", "2022-01-04", False, 13.00, 13.02),
    ],
)
def test_a_close_beyond_the_limit_price_is_found(code, date, special, allowed, beyond):
    rows = 8  # the stock's first five days on a registration board are free

    def last_is_beyond(close):
        return beyond_limit(
            CODES,
            np.full(rows, np.searchsorted(CODES, code)),
            np.full(rows, np.datetime64(date)),
            np.full(rows, 10.0),
            np.append(np.full(rows - 1, 10.0), close),
            np.full(rows, special),
            np.append(False, np.ones(rows - 1, dtype=bool)),
        )[-1]

    assert not last_is_beyond(allowed)
    assert last_is_beyond(beyond)


def test_first_rows_and_the_first_five_days_of_registration_boards_are_free():
    close = np.array([30.0, 10.0, 30.0, 10.0, 30.0, 30.0])
    same = np.array([False, True, True, True, True, True])
    date = np.full(6, np.datetime64("2021-03-01"))
    for code, expected in (("688001.SH", [5]), ("600519.SH", [2, 4, 5])):
        stock = np.full(6, np.searchsorted(CODES, code))
        found = beyond_limit(
            CODES, stock, date, np.full(6, 10.0), close, np.zeros(6, dtype=bool), same
        )
        assert np.flatnonzero(found).tolist() == expected
