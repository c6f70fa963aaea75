"""Writes the sample market as two vendors would give it: python -m docs._ext.as_vendor FOLDER.

A page shows what is done with a download. No vendor is asked while the site is built: the exporters
that the tests of the importers use write the files, from the sample market.
"""

import shutil
import sys
from pathlib import Path

from tests.market.exporters.vendors import akshare, baostock
from tests.market.exporters.vendors_common import sample_tables

_FROM_AKSHARE = ("tool_trade_date_hist_sina", "get_futures_daily", "macro_china_shibor_all")


def main(folder: Path) -> None:
    """Write BaoStock's tables, and of AkShare's those of futures, calendar and overnight rate."""
    tables = sample_tables()
    baostock(tables, folder / "baostock")
    akshare(tables, folder / "all_of_akshare")
    for path in sorted((folder / "all_of_akshare").iterdir()):
        if path.name.startswith(_FROM_AKSHARE):
            (folder / "akshare").mkdir(exist_ok=True)
            shutil.move(str(path), folder / "akshare" / path.name)
    shutil.rmtree(folder / "all_of_akshare")


if __name__ == "__main__":
    main(Path(sys.argv[1]))
