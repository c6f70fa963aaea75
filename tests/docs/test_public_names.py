"""What a user may rely on: the names of `quanthedge`, and those that the documents import."""

import ast
import json
import re
from functools import cache

import quanthedge
from tests.code_of_package import PACKAGE
from tests.test_architecture import exported

ROOT = PACKAGE.parent
MOST = 450
_IMPORT = re.compile(r"^\s*(?:>>> |\.\.\. )?from (quanthedge\.[\w.]+) import (\([^)]*\)|.+)$", re.M)


def texts() -> list[str]:
    """Pages, notebooks and strategies that a user reads."""
    pages = [*ROOT.glob("*.md"), *(ROOT / "docs").rglob("*.md")]
    code = [*(ROOT / "strategies").rglob("*.py"), *(PACKAGE / "begin").rglob("*.py.txt")]
    books = []
    for path in (ROOT / "notebooks").rglob("*.ipynb"):
        cells = json.loads(path.read_text(encoding="utf-8"))["cells"]
        books += ["".join(one["source"]) for one in cells if one["cell_type"] == "code"]
    return [path.read_text(encoding="utf-8") for path in (*pages, *code)] + books


@cache
def shown() -> frozenset[tuple[str, str]]:
    """Return module and name of everything that the documents import from a room."""
    found = set()
    for module, names in (one for text in texts() for one in _IMPORT.findall(text)):
        node = ast.parse(f"from {module} import {names.split('#')[0].strip()}").body[0]
        assert isinstance(node, ast.ImportFrom)
        found |= {(module, alias.name) for alias in node.names}
    return frozenset(found)


def is_there(module: str, name: str) -> bool:
    path = PACKAGE.joinpath(*module.split(".")[1:])
    single = path.with_suffix(".py")
    if not single.exists():
        return name in exported(module.removeprefix("quanthedge."))
    listed = ast.parse(single.read_text(encoding="utf-8"))
    return name in {
        str(one.value)
        for node in listed.body
        if isinstance(node, ast.Assign) and ast.unparse(node.targets[0]) == "__all__"
        for one in ast.walk(node.value)
        if isinstance(one, ast.Constant)
    }


def test_documents_import_names_that_their_module_offers() -> None:
    assert shown()
    missing = {f"{module}.{name}" for module, name in shown() if not is_there(module, name)}
    assert not missing


def test_a_user_is_promised_few_names() -> None:
    assert len(quanthedge.__all__) + len(shown()) < MOST
