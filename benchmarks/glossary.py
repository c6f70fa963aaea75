"""The glossary's pages, made of quanthedge/glossary.toml and of where its terms stand.

python -m benchmarks.glossary            # writes docs/glossary.md and docs/zh/glossary.md
python -m benchmarks.glossary --check    # says whether they are as they would be written
"""

import re
import sys
import tomllib
from collections.abc import Iterator
from pathlib import Path
from typing import Any

ROOT = Path(__file__).parents[1]
PACKAGE = ROOT / "quanthedge"
PAGES = {"en": ROOT / "docs" / "glossary.md", "zh": ROOT / "docs" / "zh" / "glossary.md"}
HEAD = {
    "en": """# Glossary

Words of the trade as the reports, statements and the command line use them: one English and one
Chinese term for a thing. `python -m benchmarks.glossary` makes this page of
`quanthedge/glossary.toml`, and `tests/test_glossary.py` holds every text of the package to it.

| term | Chinese | meaning | where it is used |
|---|---|---|---|
""",
    "zh": """# 术语表

报告、对账单与命令行所用的行业术语：一物一词，中英文各一。本页由 `python -m benchmarks.glossary`
根据 `quanthedge/glossary.toml` 生成，`tests/test_glossary.py` 据此检查全部文本。

| 术语 | 英文 | 含义 | 使用之处 |
|---|---|---|---|
""",
}
PLACES = {
    "statement": {"en": "statements", "zh": "对账单"},
    "report": {"en": "report", "zh": "报告"},
    "performance": {"en": "statistics", "zh": "统计指标"},
    "backtesting": {"en": "notes of a run", "zh": "回测说明"},
    "cli": {"en": "command line", "zh": "命令行"},
    "evaluation": {"en": "factor evaluation", "zh": "因子检验"},
    "batch": {"en": "sweeps", "zh": "参数扫描"},
    "daily": {"en": "daily orders", "zh": "每日委托"},
    "market": {"en": "market data", "zh": "行情数据"},
    "comparison": {"en": "comparison", "zh": "产品比较"},
}


def terms() -> dict[str, dict[str, Any]]:
    """Return the glossary as it is written."""
    return tomllib.loads((PACKAGE / "glossary.toml").read_text(encoding="utf-8"))


def words_in(found: Any, at: tuple[str, ...] = ()) -> Iterator[tuple[tuple[str, ...], str]]:
    """Yield every text of a document of words with its way through tables and lists."""
    parts = found.items() if isinstance(found, dict) else enumerate(found)
    for key, value in parts:
        if isinstance(value, dict | list):
            yield from words_in(value, (*at, str(key)))
        elif isinstance(value, str):
            yield (*at, str(key)), value


def uses() -> dict[str, list[str]]:
    """Return the places at which each term stands, by its Chinese."""
    names = {key: bare(term["zh"]) for key, term in terms().items()}
    found: dict[str, set[str]] = {key: set() for key in names}
    for path in sorted(PACKAGE.rglob("*.toml")):
        if path.name == "glossary.toml":
            continue
        room = path.relative_to(PACKAGE).parts[0]
        for way, text in words_in(tomllib.loads(path.read_text(encoding="utf-8"))):
            place = "statement" if room == "report" and way[0] == "statement" else room
            for key, name in names.items():
                if place in PLACES and name in text:
                    found[key].add(place)
    return {key: [place for place in PLACES if place in there] for key, there in found.items()}


def bare(term: str) -> str:
    """Return a term without what stands behind it in brackets."""
    return re.sub(r"[（(].*", "", term).strip()


def page(language: str) -> str:
    """Return the page of a language."""
    other = "zh" if language == "en" else "en"
    where, between = uses(), ", " if language == "en" else "、"
    rows = []
    for key, term in sorted(terms().items(), key=lambda pair: pair[1]["en"].casefold()):
        used = between.join(PLACES[place][language] for place in where[key])
        cells = (term[language], term[other], term[f"meaning_{language}"], used)
        rows.append("| " + " | ".join(cells) + " |\n")
    return HEAD[language] + "".join(rows)


def main() -> int:
    """Write the pages, or say which of them is not as it would be written."""
    old = []
    for language, path in PAGES.items():
        text = page(language)
        if path.exists() and path.read_text(encoding="utf-8") == text:
            continue
        old.append(path)
        if "--check" not in sys.argv:
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(text, encoding="utf-8")
    print("\n".join(f"{path.relative_to(ROOT)}" for path in old) or "nothing to do")
    return int(bool(old) and "--check" in sys.argv)


if __name__ == "__main__":
    sys.exit(main())
