"""The package's code holds no call that only one system knows, and says in which encoding it reads.

No Windows machine is at hand when this is written: these tests read the code instead.
"""

import ast
import re
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent
MODULES = {"fcntl", "pwd", "grp", "resource", "termios", "msvcrt", "winreg"}
OF_ONE_SYSTEM = {
    "fork", "forkpty", "getuid", "geteuid", "getgid", "getpgid", "setsid", "killpg", "mkfifo",
    "chown", "lchown", "pread", "pwrite", "posix_fallocate", "posix_fadvise", "sched_getaffinity",
    "getloadavg", "nice", "uname", "sync", "O_NOFOLLOW", "O_DIRECTORY", "wait", "waitpid",
}  # fmt: skip
SIGNALS = {"SIGKILL", "SIGHUP", "SIGQUIT", "SIGUSR1", "SIGUSR2", "SIGALRM", "SIGCHLD", "SIGPIPE"}
PROCESSES = {"run", "Popen", "check_output"}
MAY_RENAME = {"folders.py", "panels.py"}  # where what is in the way is looked at before
PROMISE = re.compile(r"`make\b|\bmake (demo|test|check|notebooks|clean|pictures)\b")
MODE = re.compile(r"[rwaxbt+]{1,3}")


def faults(source: str, name: str = "module.py") -> list[str]:
    """Lines of a module that would fail, or do something else, on another system."""
    tree = ast.parse(source)
    parents = {child: node for node in ast.walk(tree) for child in ast.iter_child_nodes(node)}
    found = []
    for node in ast.walk(tree):
        line = getattr(node, "lineno", 0)
        found.extend(f"{name}:{line}: {what}" for what in _of(node, parents, name))
    return found


def _of(node, parents, name):
    if isinstance(node, ast.Import | ast.ImportFrom):
        names = {alias.name for alias in node.names} | {getattr(node, "module", None)}
        if names & MODULES and not _tried(node, parents):
            yield "imports a module of one system"
    elif isinstance(node, ast.Attribute) and isinstance(node.value, ast.Name):
        if node.value.id == "os" and node.attr in OF_ONE_SYSTEM and not _asked(node, parents):
            yield f"os.{node.attr} is of one system"
        if node.value.id == "os" and node.attr == "kill":
            yield "os.kill ends a process on Windows, whatever the signal"
        if node.value.id == "signal" and node.attr in SIGNALS and not _asked(node, parents):
            yield f"signal.{node.attr} is of one system"
    elif isinstance(node, ast.Call):
        yield from _of_call(node, parents, name)
    elif isinstance(node, ast.FunctionDef):
        text = ast.unparse(node)
        if "os.fsync" in text and "O_RDONLY" in text and not _says_system(text):
            yield "fsync of what is open for reading only fails on Windows"
        if "renameat2" in text and not _says_system(text):
            yield "renameat2 is Linux's"
    elif (
        isinstance(node, ast.Constant)
        and isinstance(node.value, str)
        and PROMISE.search(node.value)
        and not isinstance(parents.get(node), ast.Expr)
    ):
        yield "promises a make that many desks do not have"


def _of_call(node, parents, name):
    function = node.func
    keywords = {word.arg for word in node.keywords}
    called = function.attr if isinstance(function, ast.Attribute) else getattr(function, "id", "")
    if called in ("read_text", "write_text") and "encoding" not in keywords:
        yield f"{called} without an encoding"
    if called == "open" and "encoding" not in keywords and _is_text_mode(node):
        yield "open as text without an encoding"
    if "text" in keywords and "encoding" not in keywords and called in PROCESSES:
        yield "a process's text without an encoding"
    if called in ("Path", "open") and any(_joins(argument) for argument in node.args):
        yield "joins a path with a slash"
    if (
        called == "rename"
        and len(node.args) == 1
        and not keywords
        and not isinstance(node.args[0], ast.Constant)
        and name not in MAY_RENAME
    ):
        yield "rename fails on Windows where something is in the way: replace"
    if called == "NamedTemporaryFile":
        yield "a named temporary file cannot be opened twice on Windows"


def _is_text_mode(node):
    if isinstance(node.func, ast.Name):
        modes = node.args[1:2]
        if not modes and node.args:
            return True
    else:
        modes = node.args[:1]
        if not node.args and not node.keywords:
            return True
    if not modes or not isinstance(modes[0], ast.Constant) or not isinstance(modes[0].value, str):
        return False
    mode = modes[0].value
    return MODE.fullmatch(mode) is not None and "b" not in mode


def _joins(argument):
    if isinstance(argument, ast.JoinedStr):
        return any(isinstance(part, ast.Constant) and "/" in part.value for part in argument.values)
    if isinstance(argument, ast.BinOp) and isinstance(argument.op, ast.Add):
        sides = (argument.left, argument.right)
        return any(
            isinstance(side, ast.Constant) and isinstance(side.value, str) and "/" in side.value
            for side in sides
        ) or any(map(_joins, sides))
    return False


def _enclosing(node, parents):
    while node in parents:
        node = parents[node]
        yield node


def _tried(node, parents):
    return any(
        isinstance(one, ast.Try)
        and any(
            handler.type and "ImportError" in ast.unparse(handler.type) for handler in one.handlers
        )
        for one in _enclosing(node, parents)
    )


def _asked(node, parents):
    """Whether an `if` around it asks for the system, or whether the name is there."""
    tests = [
        ast.unparse(one.test)
        for one in _enclosing(node, parents)
        if isinstance(one, ast.If | ast.IfExp)
    ]
    return any("hasattr" in test or _says_system(test) for test in tests)


def _says_system(text):
    return "os.name" in text or "sys.platform" in text or "WINDOWS" in text


def test_no_call_is_of_one_system_only():
    wrong = {
        path.relative_to(ROOT).as_posix(): found
        for path in sorted((ROOT / "quanthedge").rglob("*.py"))
        if (found := faults(path.read_text(encoding="utf-8"), path.name))
    }
    assert not wrong


@pytest.mark.parametrize(
    "source",
    [
        "import fcntl",
        "from pwd import getpwuid",
        "def f():\n    import resource",
        "import os\nos.kill(7, 0)",
        "import os\nos.fork()",
        "import os\nos.posix_fallocate(1, 0, 9)",
        "import signal\nsignal.SIGKILL",
        "path.read_text()",
        "path.write_text(text)",
        "open(path)",
        "open(path, 'w')",
        "path.open()",
        "path.open('a')",
        "import subprocess\nsubprocess.run(command, text=True)",
        "def f(p):\n    d = os.open(p, os.O_RDONLY)\n    os.fsync(d)",
        "def f():\n    ctypes.CDLL(None).renameat2(1)",
        "raise DataError('run `make demo` first')",
        "open(f'{folder}/x.csv', encoding='utf-8')",
        "Path(folder + '/' + name)",
        "scratch.rename(target)",
        "tempfile.NamedTemporaryFile()",
    ],
)
def test_a_call_of_one_system_is_found(source):
    assert len(faults(source)) >= 1


@pytest.mark.parametrize(
    "source",
    [
        "try:\n    import fcntl\nexcept ImportError:\n    fcntl = None",
        "if hasattr(os, 'posix_fallocate'):\n    os.posix_fallocate(1, 0, 9)",
        "path.read_text(encoding='utf-8')",
        "path.open('rb')",
        "open(path, 'wb')",
        "archive.open(member)",
        "Market.open(path)",
        "series.rename('date')",
        "frame.rename(columns=names)",
        "Path(folder, 'a', 'b')",
    ],
)
def test_a_call_of_every_system_is_left_in_peace(source):
    assert faults(source) == []
