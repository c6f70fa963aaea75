"""What is installed with QuantHedge: the same files everywhere, under licences that are known."""

import pytest

from benchmarks.hashed_constraints import HASHED, faults, hashed, pinned
from benchmarks.licences import closure, licence, requirements, verdict


def test_the_digests_are_of_the_pinned_versions() -> None:
    assert faults() == []


def test_the_digests_name_no_host() -> None:
    text = HASHED.read_text(encoding="utf-8")
    assert "://" not in text
    assert not [line for line in text.splitlines() if line.startswith("-")]


def test_anything_else_in_the_file_of_digests_is_refused() -> None:
    digest = f"    --hash=sha256:{'0' * 64}"
    assert hashed(f"a_b==1.0 \\\n{digest} \\\n{digest}\n") == {("a-b", "1.0"): 2}
    for line in ("--index-url somewhere", "a>=1", "a==1 ; os_name == 'nt'", digest[:-1]):
        with pytest.raises(SystemExit, match="neither a version nor a digest"):
            hashed(f"a==1.0 \\\n{line}\n")
    with pytest.raises(SystemExit, match="NAME==VERSION"):
        pinned("a>=1\n")


def test_no_hard_dependency_is_under_the_gpl() -> None:
    found = {name: licence(name, one) for name, one in closure(requirements()).items()}
    assert {"numpy", "pandas", "matplotlib", "llvmlite", "typst"} <= set(found)
    assert {name: text for name, text in found.items() if verdict(text)} == {}


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("MIT", ""), ("", "not known"), ("GPL-3.0-or-later", "refused"), ("AGPLv3", "refused"),
        ("GNU General Public License v2 (GPLv2)", "refused"), ("LGPL-2.1-only", "LGPL"),
        ("GNU Lesser General Public License v3 (LGPLv3)", "LGPL"),
        ("MIT AND GPL-2.0-only", "refused"), ("LGPL-2.1-only AND GPL-2.0-only", "refused"),
    ],
)  # fmt: skip
def test_what_a_licence_means(text: str, said: str) -> None:
    assert verdict(text) == said
