"""Every public name has an example that runs: those in docstrings are run with the tests."""

import doctest
import inspect

import pytest

import quanthedge as qh

PARSER = doctest.DocTestParser()


def examples(name: str) -> list[doctest.Example]:
    if name == "__version__":
        return PARSER.get_examples(qh.__doc__ or "")
    return PARSER.get_examples(inspect.getdoc(getattr(qh, name)) or "")


@pytest.mark.parametrize("name", qh.__all__)
def test_a_public_name_has_an_example_that_runs(name: str) -> None:
    found = examples(name)
    assert found, f"qh.{name} has no example"
    assert not [one.source for one in found if one.options.get(doctest.SKIP)]
    assert any(name in one.source for one in found), f"the example of qh.{name} does not use it"
    assert any(one.want for one in found) or name == "keep_stages", "nothing is expected of it"


def test_public_names_are_what_they_are_whatever_was_imported_before() -> None:
    """A room of the same name would take the place of a function once it is imported."""
    rooms = {"alpha", "factors", "trials"}  # these are the rooms themselves
    import importlib

    for name in set(qh.__all__) - rooms - {"ops", "overfit", "__version__"}:
        spec = importlib.util.find_spec(f"quanthedge.{name}")
        assert spec is None, f"qh.{name} would become the room quanthedge.{name}"
