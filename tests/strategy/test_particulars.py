"""The section [product]: read with its files, checked at the door, kept by strategy and run."""

import base64
import json
from pathlib import Path

import pytest

from quanthedge.errors import StrategyError
from quanthedge.strategy import Particulars, Strategy, load_strategy, read_particulars

PIXEL = base64.b64decode(
    "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNkYPhfDwAChwGA60e6kgAAAABJRU5ErkJggg=="
)
PLAIN = '[[factors]]\nfactor.kind = "book_yield"\n'


def strategy_file(folder: Path, product: str) -> Path:
    path = folder / "fund.toml"
    path.write_text(f'name = "f"\n{PLAIN}\n[product]\n{product}', encoding="utf-8")
    return path


def test_files_that_a_strategy_names_are_kept_with_it(tmp_path: Path) -> None:
    (tmp_path / "logo.png").write_bytes(PIXEL)
    (tmp_path / "review.md").write_text("\ufeff**上行**\r\n", encoding="utf-8")
    path = strategy_file(
        tmp_path, 'logo = "logo.png"\nmarket_review_zh = { file = "review.md" }\noutlook = "Calm."'
    )
    strategy = load_strategy(path)
    (tmp_path / "logo.png").unlink()
    (tmp_path / "review.md").unlink()
    kept = Strategy.model_validate(json.loads(json.dumps(strategy.model_dump(mode="json"))))
    assert kept == strategy
    assert kept.product is not None
    assert kept.product.logo is not None
    assert kept.product.logo.content == PIXEL
    assert kept.product.logo.media_type == "image/png"
    assert kept.product.comment("market_review", "zh") == "**上行**\n"
    assert kept.product.comment("market_review", "en") == ""
    assert kept.product.comment("outlook", "zh") == "Calm."


@pytest.mark.parametrize(
    ("product", "said"),
    [
        ('manger = "x"', "did you mean 'manager'"),
        ('risk_level = "R9"', "risk_level"),
        ("warning_line = 0.8\nstop_line = 0.85", "above stop_line"),
        ("warning_line = true", "a number is needed"),
        ('established = "soon"', "established"),
        ('code = "a b"', "in one word"),
        ('logo = "missing.png"', "missing.png: cannot be read"),
        ('logo = "fund.toml"', "accepted: .png, .jpg, .jpeg, .svg"),
        ('outlook = { file = "missing.md" }', "cannot be read"),
        ('outlook = { fle = "missing.md" }', "accepted: a text, or a table"),
        ('outlook = "<b>bold</b>"', "no HTML"),
        ('outlook = "![a](b)"', "no HTML and no pictures"),
        ('outlook = " "', "leave the key out"),
    ],
)
def test_a_wrong_section_is_told_in_one_line(tmp_path: Path, product: str, said: str) -> None:
    with pytest.raises(StrategyError) as found:
        load_strategy(strategy_file(tmp_path, product))
    assert said in str(found.value)
    assert "\n" not in str(found.value)
    assert "fund.toml" in str(found.value)


def test_a_comment_in_the_file_may_have_lines_and_lists(tmp_path: Path) -> None:
    path = tmp_path / "product.toml"
    lines = "**Calm.**\n\n- basis\n- volume\n"
    path.write_text(
        f'operation = """\n{lines}"""\noutlook_zh = "平稳。\\n\\n展望"\n', encoding="utf-8"
    )
    product = Particulars().changed_by(read_particulars(path), "product")
    assert product.comment("operation", "en") == lines
    assert product.comment("outlook", "zh") == "平稳。\n\n展望"


def test_a_picture_of_another_kind_than_its_name_says_is_refused(tmp_path: Path) -> None:
    (tmp_path / "logo.jpg").write_bytes(PIXEL)
    with pytest.raises(StrategyError, match="holds no picture of that kind"):
        load_strategy(strategy_file(tmp_path, 'logo = "logo.jpg"'))


@pytest.mark.parametrize("head", ["", "[product]\n"])
def test_a_product_file_gives_keys_with_or_without_their_section(tmp_path: Path, head: str) -> None:
    path = tmp_path / "product.toml"
    path.write_text(f'{head}code = "X1"\nestablished = 2014-09-17\n', encoding="utf-8")
    before = Particulars(code="A", manager="M")
    changed = before.changed_by(read_particulars(path), "product")
    assert (changed.code, changed.manager) == ("X1", "M")
    assert str(changed.established) == "2014-09-17"


def test_a_product_file_with_other_sections_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "product.toml"
    path.write_text('[product]\ncode = "X1"\n[fund]\n', encoding="utf-8")
    with pytest.raises(StrategyError, match="in that section alone"):
        read_particulars(path)


def test_particulars_are_no_other_trial(tmp_path: Path) -> None:
    from quanthedge.backtesting.tried import trial_of

    one = load_strategy(strategy_file(tmp_path, 'code = "A"'))
    other = load_strategy(strategy_file(tmp_path, 'code = "B"'))
    assert trial_of(one, "x", {}) == trial_of(other, "x", {})


@pytest.mark.parametrize("page", ["docs/howto/client_report.md", "docs/zh/howto/client_report.md"])
def test_the_example_of_the_documentation_is_read(tmp_path: Path, page: str) -> None:
    text = (Path(__file__).parents[2] / page).read_text(encoding="utf-8")
    path = tmp_path / "fund.toml"
    path.write_text(text.split("```{file} fund.toml\n")[1].split("```")[0], encoding="utf-8")
    product = Particulars().changed_by(read_particulars(path), "product")
    assert product.text("manager", "zh") == "示例资产管理有限公司"
    assert product.comment("market_review", "zh") == "三月市场上涨，成长板块领涨。"
