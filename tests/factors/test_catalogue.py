"""One file says what each factor is; the classes and every name that is printed agree with it."""

import ast
import importlib
import inspect
import pkgutil
from pathlib import Path

import pytest

import quanthedge.beta as betas
import quanthedge.factors as factors
from quanthedge.beta import CATALOGUE as ESTIMATORS
from quanthedge.beta import BetaEstimator, estimator_text
from quanthedge.factors import CATALOGUE, Factor, factor_name
from tests.code_of_package import tree
from tests.factors.every_factor import FACTORS
from tests.sample import ROOT

FAMILIES = {"valuation", "quality", "growth", "sentiment", "structure", "trading", "estimates"}


def classes_of(package, root):
    """Every class with a kind that the files of a package define."""
    found = {}
    for file in pkgutil.iter_modules(package.__path__):
        module = importlib.import_module(f"{package.__name__}.{file.name}")
        for name, one in inspect.getmembers(module, inspect.isclass):
            if issubclass(one, root) and one.__module__ == module.__name__:
                kind = one.model_fields["kind"].default
                if kind:
                    found[kind] = f"{file.name}:{name}"
    return found


@pytest.mark.parametrize("kind", CATALOGUE.entries)
def test_each_factor_has_both_names_a_family_a_sign_and_a_source(kind):
    entry = CATALOGUE.entries[kind]
    told = {"class", "en", "zh", "family", "sign", "source", "formula_zh", "undefined_zh"}
    assert told <= set(entry) <= told | {"parameters_zh"}
    assert entry["en"].isascii()
    for one in ("zh", "undefined_zh"):
        assert any("一" <= letter <= "鿿" for letter in entry[one])
    assert entry["family"] in FAMILIES
    assert entry["sign"] in (1, -1)
    assert any(str(year) in entry["source"] for year in range(1950, 2030))
    cls = CATALOGUE.classes()[kind]
    assert (cls.family, cls.sign) == (entry["family"], entry["sign"])
    assert entry["source"] in cls.__doc__


def test_the_catalogue_and_the_classes_agree():
    published = {kind: entry["class"] for kind, entry in CATALOGUE.entries.items()}
    table_of_the_users_own = {"signal": "signal:Signal"}
    assert classes_of(factors, Factor) == published | table_of_the_users_own
    assert {factor.kind for factor in FACTORS} == set(CATALOGUE.entries)


def test_the_catalogue_of_estimators_and_their_classes_agree():
    assert classes_of(betas, BetaEstimator) == {
        kind: entry["class"] for kind, entry in ESTIMATORS.entries.items()
    }
    for kind, entry in ESTIMATORS.entries.items():
        assert set(entry) == {"class", "en", "zh"}
        assert estimator_text(kind, "zh") == entry["zh"] != entry["en"]


def test_names_are_told_from_each_other():
    for language in ("en", "zh"):
        names = [factor_name(kind, language) for kind in CATALOGUE.entries]
        assert len(set(names)) == len(names)


@pytest.mark.parametrize(("room", "catalogue"), [(factors, CATALOGUE), (betas, ESTIMATORS)])
def test_readers_of_types_are_told_the_classes_of_the_catalogue(room, catalogue):
    checked = [one for one in tree(Path(room.__file__)).body if isinstance(one, ast.If)]
    told = {alias.name for one in ast.walk(checked[0]) if isinstance(one, ast.ImportFrom)
            for alias in one.names}  # fmt: skip
    assert told == set(catalogue.places)


def test_every_class_can_be_imported_from_the_room():
    for name in CATALOGUE.places:
        assert getattr(factors, name).__name__ == name
    with pytest.raises(AttributeError, match="Nothing"):
        _ = factors.Nothing


def test_what_the_documents_say_of_factors_is_what_the_catalogue_says():
    text = (ROOT / "docs" / "factors.md").read_text(encoding="utf-8")
    rows = [line for line in text.splitlines() if line.startswith("| `")]
    known = {
        f"| `{kind}` | {entry['en']} | {entry['zh']} | {entry['family']} | "
        f"{'+' if entry['sign'] > 0 else '-'} | {entry['source']} |"
        for kind, entry in CATALOGUE.entries.items()
    }
    assert len(rows) >= 14
    assert set(rows) <= known
