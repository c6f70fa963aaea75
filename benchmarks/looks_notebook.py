"""Writes the notebook whose picture `benchmarks.looks` takes: each object that shows itself.

python -m benchmarks.looks_notebook FILE.ipynb
"""

import sys
from pathlib import Path

import nbformat

CELLS = (
    "import quanthedge as qh\nmarket = qh.sample_market()\nmarket",
    'strategy = qh.load_strategy("market_neutral", ["selector.n=30"])\nstrategy',
    'result = qh.backtest(strategy, market, "2014-09-17", "2015-07-31")\nresult',
    "result.summary()",
    'qh.compare_funds(result, {"trust": qh.FixedIncome(0.08)})',
    'qh.basis_desk(market, "2015-03-04")',
    'qh.backtest(strategy, market, "2014-09-17", "2013-01-01")',
)


# without it JupyterLab asks which kernel is meant
KERNEL = {"name": "python3", "display_name": "Python 3", "language": "python"}


def main() -> None:
    """Write the notebook."""
    cells = [nbformat.v4.new_code_cell(one) for one in CELLS]
    book = nbformat.v4.new_notebook(cells=cells, metadata={"kernelspec": KERNEL})
    nbformat.write(book, Path(sys.argv[1]))


if __name__ == "__main__":
    main()
