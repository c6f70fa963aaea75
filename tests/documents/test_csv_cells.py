"""CSV files are read as they stand, or refused with the right line."""

from pathlib import Path

import pytest

from quanthedge.comparison import read_unit_values
from quanthedge.documents.csv_cells import read_cells
from quanthedge.errors import DataError
from quanthedge.products.leverage import read_prices
from quanthedge.report.capacity import read_capacity

READERS = (read_unit_values, read_prices, read_capacity)


def written(folder: Path, text: str, encoding: str = "utf-8") -> Path:
    path = folder / "file.csv"
    path.write_bytes(text.encode(encoding))
    return path


@pytest.mark.parametrize("reader", READERS)
@pytest.mark.parametrize("head", ["date,value,value", "date,date,value", "date, price,price "])
def test_a_doubled_column_is_refused_by_every_reader(tmp_path: Path, reader, head: str) -> None:
    path = written(tmp_path, f"{head}\n2015-01-05,1.0,5.0\n")
    with pytest.raises(DataError, match="line 1: two columns named"):
        reader(path)


@pytest.mark.parametrize("reader", READERS)
def test_a_surplus_cell_is_refused_by_every_reader(tmp_path: Path, reader) -> None:
    path = written(tmp_path, "date,value,price\n\n2015-01-05,1.0,1.0,5.0\n")
    with pytest.raises(DataError, match="line 3: 4 cells under 3 columns"):
        reader(path)


@pytest.mark.parametrize(("reader", "value"), [(read_unit_values, "value"), (read_prices, "price")])
def test_lines_are_counted_through_empty_ones_and_long_cells(
    tmp_path: Path, reader, value: str
) -> None:
    text = f'\n"note",date,{value}\n"two\nlines",2015-01-05,1.0\n\n,,\nx,2015-01-06,x\n'
    with pytest.raises(DataError, match=f"line 7, column {value}: 'x'"):
        reader(written(tmp_path, text))


@pytest.mark.parametrize("word", ["NA", "nan", "null", "None", "n/a", ""])
def test_words_for_nothing_are_no_values(tmp_path: Path, word: str) -> None:
    text = f"date,value\n2015-01-05,1.0\n2015-01-06,{word}\n"
    with pytest.raises(DataError, match="line 3, column value"):
        read_unit_values(written(tmp_path, text))


def test_cells_are_texts_in_either_encoding(tmp_path: Path) -> None:
    for encoding in ("utf-8", "utf-8-sig", "gb18030"):
        found = read_cells(written(tmp_path, "日期,名称\n2015-01-05,NA\n", encoding), "names")
        assert found.to_dict("list") == {"日期": ["2015-01-05"], "名称": ["NA"]}
        assert found.index.tolist() == [2]


def test_what_is_no_table_is_refused(tmp_path: Path) -> None:
    for text, says in (("", "file is empty"), ('date,value\n"2015', "cannot be read as CSV")):
        with pytest.raises(DataError, match=says):
            read_cells(written(tmp_path, text), "unit values")
    with pytest.raises(DataError, match="cannot be read"):
        read_cells(tmp_path / "none.csv", "unit values")
