"""Names of holdings are those of the day."""

import pandas as pd

from quanthedge.backtesting.holding_names import holding_names


def test_a_holding_is_called_as_it_was_called_on_its_day() -> None:
    day = pd.Timestamp
    names = pd.DataFrame(
        {
            "code": ["000001.SZ", "000001.SZ", "000002.SZ"],
            "name": ["深发展", "平安银行", "万科"],
            "start": [day("2007-06-20"), day("2012-08-02"), day("2006-10-09")],
            "end": [day("2012-08-01"), pd.NaT, day("2014-12-31")],
        }
    )
    positions = pd.DataFrame(
        {
            "date": [day(d) for d in ("2015-01-05", "2012-08-01", "2012-08-02", "2015-01-05")],
            "code": ["000002.SZ", "000001.SZ", "000001.SZ", "600000.SH"],
        },
        index=[7, 3, 5, 9],
    )
    found = holding_names(positions, names)
    assert found.to_dict() == {7: "", 3: "深发展", 5: "平安银行", 9: ""}
    assert (holding_names(positions, None) == "").all()
    assert holding_names(positions.iloc[:0], names).empty
