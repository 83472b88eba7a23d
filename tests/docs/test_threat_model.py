"""docs/threat-model.md names tests: each of them exists, and no file of tests/invariants is left out."""

import re
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
INVARIANTS = ROOT / "tests" / "invariants"
PAGE = (ROOT / "docs" / "threat-model.md").read_text(encoding="utf-8")
NAMED = sorted(set(re.findall(r"`(test_\w+\.py)::(\w+)`", PAGE)))


def test_the_page_names_tests():
    assert len(NAMED) > 30
    assert PAGE.count(".py::") == len(re.findall(r"`test_\w+\.py::\w+`", PAGE)), "a name that is not read here"


@pytest.mark.parametrize("file, function", NAMED)
def test_a_named_test_exists(file, function):
    text = (INVARIANTS / file).read_text(encoding="utf-8")
    assert re.search(rf"^def {function}\(", text, re.MULTILINE)


@pytest.mark.parametrize("file", sorted(path.name for path in INVARIANTS.glob("test_*.py")))
def test_each_file_of_attacks_is_named(file):
    assert file in {named for named, _ in NAMED}
