"""docs/invariants.md: what enforces an invariant is where the page says, and each file of attacks is linked."""

import re
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
PAGE = (ROOT / "docs" / "invariants.md").read_text(encoding="utf-8")
SECTIONS = re.findall(r"^## (\d+)\. [^\n]+\n(.*?)(?=^## )", PAGE, re.MULTILINE | re.DOTALL)
FILES = sorted(path.name for path in (ROOT / "tests" / "invariants").glob("test_*.py"))


def test_all_of_them():
    assert [int(number) for number, _ in SECTIONS] == list(range(1, 15))


@pytest.mark.parametrize("path", sorted(set(re.findall(r"`((?:src|tests)/[\w/.]+)`", PAGE))))
def test_a_named_file_exists(path):
    assert (ROOT / path).exists()


@pytest.mark.parametrize("target", sorted(set(re.findall(r"\]\(([^)]+)\)", PAGE))))
def test_a_link_leads_somewhere(target):
    assert (ROOT / "docs" / target).exists()


@pytest.mark.parametrize("file", FILES)
def test_each_file_of_attacks_is_under_its_number(file):
    number = str(int(file.split("_")[1]))
    assert f"(../tests/invariants/{file})" in dict(SECTIONS)[number]


@pytest.mark.parametrize("number, text", SECTIONS)
def test_each_is_enforced_and_attacked(number, text):
    if number == "10":
        assert "There is no test of its own." in text
    else:
        assert "Enforced by" in text and "Attacked by" in text
