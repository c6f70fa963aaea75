from pathlib import Path

from quanthedge.market.document import dataset_markdown

DOCUMENT = Path(__file__).parents[2] / "docs" / "dataset.md"


def test_the_written_schema_is_the_one_in_use():
    cure = "run `python -m quanthedge.market.document docs/dataset.md`"
    assert DOCUMENT.read_text(encoding="utf-8") == dataset_markdown(), cure
