"""What is asked before a commit is what CI asks, and nothing of it is fetched from elsewhere."""

import re
from pathlib import Path

import yaml
from pre_commit.clientlib import load_config

ROOT = Path(__file__).parent.parent


def recipe(target: str) -> list[str]:
    """The commands of a make target, as the hooks spell them."""
    text = (ROOT / "Makefile").read_text(encoding="utf-8")
    lines = re.search(rf"^{target}:.*\n((?:\t.*\n)+)", text, re.MULTILINE)
    assert lines, target
    return [line.strip().replace("$(BIN)", ".venv/bin") for line in lines[1].splitlines()]


def hooks() -> list[dict[str, object]]:
    """The hooks; pre-commit itself refuses a file that is not sound."""
    (local,) = load_config(str(ROOT / ".pre-commit-config.yaml"))["repos"]
    assert local["repo"] == "local"
    return local["hooks"]


def test_every_check_of_ci_is_a_hook() -> None:
    said = [str(hook["entry"]).replace(" --force-exclude", "") for hook in hooks()]
    assert [line.removesuffix(" .") for line in recipe("check")] == said[:-1]
    assert said[-1] == "make fast"
    assert re.search(r"^make\b.* check\b", (ROOT / ".ci" / "run").read_text(encoding="utf-8"), re.M)


def test_hooks_name_no_address() -> None:
    text = (ROOT / ".pre-commit-config.yaml").read_text(encoding="utf-8")
    assert "://" not in text
    assert {hook["language"] for hook in hooks()} <= {"system", "unsupported"}
    assert yaml.safe_load(text)["default_install_hook_types"] == ["pre-commit", "pre-push"]
