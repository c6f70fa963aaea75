"""Executes every notebook of a folder in place of a reader; the first failing cell fails the run.

python -m tests.run_notebooks notebooks
"""

import sys
import time
from pathlib import Path

import nbformat
from nbclient import NotebookClient
from nbclient.exceptions import CellExecutionError


def main() -> int:
    """Run the notebooks of the folder given; 0 when all cells ran."""
    folder = Path(sys.argv[1])
    notebooks = sorted(folder.glob("*.ipynb"))
    if not notebooks:
        print(f"{folder}: no notebooks found")
        return 1
    for path in notebooks:
        begin = time.perf_counter()
        notebook = nbformat.read(path, as_version=4)
        client = NotebookClient(
            notebook, timeout=600, resources={"metadata": {"path": str(folder)}}
        )
        try:
            client.execute()
        except CellExecutionError as error:
            print(f"{path}: failed\n{error}")
            return 1
        cells = sum(cell.cell_type == "code" for cell in notebook.cells)
        print(f"{path}: {cells} cells ran in {time.perf_counter() - begin:.1f} s")
    return 0


if __name__ == "__main__":
    sys.exit(main())
