"""Nothing on a page says how many councils there are, or names any, except for the record.

The record and the demonstration are of three councils. Everything else is for any partnership of
two or more, so its templates, scripts, messages, examples and the API's description name none.
"""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from django.test import Client

from tests.test_words import of_script, of_template

ROOT = Path(__file__).parent.parent

#: The councils of the record, by name, code or in a username, and how many they are.
NAMED = re.compile(
    r"\b(?:westminster|hammersmith|fulham|kensington|chelsea|lbhf|rbkc|wcc|h&f|k&c)\b"
    r"|\bthree(?:\s+london)?\s+(?:councils|boroughs|of\s+them)\b|\ball\s+three\b|\bthree-borough",
    re.IGNORECASE,
)
#: The record itself, and what offers to load it.
OF_THE_RECORD = (
    "savings/demonstration/",
    "savings/record/",
    "savings/setup/forms.py",
    "templates/savings/record/",
)
#: Pages that show nothing of what is stored.
OPEN_TO_ALL = ("/api/v1/schema/", "/api/v1/docs/", "/accessibility/", "/sign-in/")
CODE = ("audit", "finance", "savings", "services", "sovereignty", "triborough")


def files(place: str, ending: str) -> list[Path]:
    found = sorted((ROOT / place).rglob(f"*{ending}"))
    return [
        path
        for path in found
        if not str(path.relative_to(ROOT)).startswith(OF_THE_RECORD)
        and "migrations" not in path.parts
    ]


def without_demonstration(template: str) -> str:
    """A template without what it shows only where the demonstration is loaded."""
    shown = re.compile(r"\{% if demonstration %\}.*?\{% endif %\}", re.DOTALL)
    without_comments = re.sub(
        r"\{% comment %\}.*?\{% endcomment %\}", "", template, flags=re.DOTALL
    )
    return of_template(shown.sub("", without_comments))


def said_by(tree: ast.AST) -> Iterator[tuple[int, str]]:
    """The strings of a module that are not documentation of the code."""
    documentation = {
        id(node.body[0].value)
        for node in ast.walk(tree)
        if isinstance(node, ast.Module | ast.ClassDef | ast.FunctionDef | ast.AsyncFunctionDef)
        and node.body
        and isinstance(node.body[0], ast.Expr)
    }
    for node in ast.walk(tree):
        if not isinstance(node, ast.Constant) or id(node) in documentation:
            continue
        if isinstance(node.value, str):
            yield node.lineno, node.value


def test_the_search_finds_what_it_should() -> None:
    for text in (
        "Westminster’s return",
        "s151.rbkc",
        "WCC/2013-14-Q1",
        "All three councils",
        "H&F",
    ):
        assert NAMED.search(text), text
    for text in ("three queries", "Weston", "two councils", "London"):
        assert not NAMED.search(text), text
    assert without_demonstration("a{% if demonstration %}Westminster{% endif %}b") == "ab"


def test_no_template_names_a_council() -> None:
    found = files("templates", ".html") + files("templates", ".txt")
    assert len(found) > 100
    assert [
        (str(path.relative_to(ROOT)), match[0])
        for path in found
        for match in NAMED.finditer(without_demonstration(path.read_text()))
    ] == []


def test_no_script_names_a_council() -> None:
    found = files("static/js", ".js")
    assert found
    assert [
        (path.name, match[0])
        for path in found
        for match in NAMED.finditer(of_script(path.read_text()))
    ] == []


@pytest.mark.parametrize("place", CODE)
def test_no_message_or_example_names_a_council(place: str) -> None:
    found = files(place, ".py")
    assert found
    assert [
        (f"{path.relative_to(ROOT)}:{line}", match[0])
        for path in found
        for line, text in said_by(ast.parse(path.read_text()))
        for match in NAMED.finditer(text)
    ] == []


@pytest.mark.django_db
@pytest.mark.parametrize("address", OPEN_TO_ALL)
def test_what_everybody_may_read_names_no_council(address: str, client: Client) -> None:
    text = client.get(address).content.decode().replace("&amp;", "&")
    assert {match[0] for match in NAMED.finditer(text)} == set()
