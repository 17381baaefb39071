"""The documents point at what exists, and every decision has its number, date and state.

These tests fail when a page is moved or renamed, or when a docstring names a missing page.
"""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from datetime import date
from pathlib import Path

import pytest
from django.conf import settings

ROOT = Path(settings.BASE_DIR)
DECISIONS = ROOT / "docs" / "adr"
#: A row of the index: its number, its page with the title, its date and its state.
ROW = re.compile(
    r"^\| (?P<number>\d{4}) \| \[(?P<title>.+)\]\((?P<page>.+)\) "
    r"\| (?P<date>\S+) \| (?P<state>.+) \|$",
    re.MULTILINE,
)
LINK = re.compile(r"\[[^\]]*\]\((?P<target>[^)\s]+)\)")
#: Code that is not prose, and text set as code, which names paths of the project.
BLOCK = re.compile(r"^```.*?^```", re.MULTILINE | re.DOTALL)
CODE = re.compile(r"`([^`\n]+)`")
#: A path below docs/ as code names it; "api/v1/docs/" is an address and not one of them.
PATH_OF_DOCS = re.compile(r"(?<![\w/])docs/[\w./-]*\w")


def ours(*patterns: str) -> list[Path]:
    """Files in the project's own folders and at its top."""
    folders = [path.parent for path in ROOT.glob("*/__init__.py")]
    folders += [ROOT / name for name in (".ci", "bench", "docs", "scripts")]
    found = {path for pattern in patterns for path in ROOT.glob(pattern)}
    found |= {path for folder in folders for pattern in patterns for path in folder.rglob(pattern)}
    return sorted(found)


PAGES = [page for page in sorted(DECISIONS.glob("*.md")) if page.name != "README.md"]
INDEX = [row.groupdict() for row in ROW.finditer((DECISIONS / "README.md").read_text("utf-8"))]
DOCUMENTS = ours("*.md")
SOURCES = ours("*.py")


def name_of(path: Path) -> str:
    return str(path.relative_to(ROOT))


def without_blocks(document: Path) -> str:
    return BLOCK.sub("", document.read_text("utf-8"))


def missing_links(document: Path) -> list[str]:
    """The links of a document to a file or folder that isn't there."""
    targets = (found["target"] for found in LINK.finditer(without_blocks(document)))
    here = [target.partition("#")[0] for target in targets if "://" not in target]
    return [target for target in here if target and not (document.parent / target).exists()]


def missing_paths(document: Path) -> list[str]:
    """What a document sets as code that begins with a folder of the project and does not exist."""
    folders = {path.name for path in ROOT.iterdir() if path.is_dir()}
    return [
        path
        for path in CODE.findall(without_blocks(document))
        if re.fullmatch(r"[\w./-]+", path) and path.partition("/")[0] in folders and "/" in path
        if not (ROOT / path).exists()
    ]


def test_the_decisions_are_numbered_without_a_gap() -> None:
    assert [row["number"] for row in INDEX] == [f"{n:04}" for n in range(1, len(INDEX) + 1)]
    assert len(PAGES) >= 26  # as many as there were when they were numbered


def test_every_decision_is_in_the_index() -> None:
    assert [row["page"] for row in INDEX] == [page.name for page in PAGES]


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.stem)
def test_a_decision_has_the_number_date_and_state_of_the_index(page: Path) -> None:
    title, _, facts = page.read_text("utf-8").partition("\n\n")
    state, day = facts.split("\n\n")[0].splitlines()
    row = next(row for row in INDEX if row["page"] == page.name)
    assert title == f"# {row['number']}. {row['title']}"
    assert page.name.startswith(f"{row['number']}-")
    assert state == f"- State: {row['state']}"
    assert day == f"- Date: {date.fromisoformat(row['date'])}"


def test_dates_follow_the_numbers() -> None:
    days = [row["date"] for row in INDEX]
    assert days == sorted(days)


def test_a_decision_is_accepted_or_replaced_by_a_later_one() -> None:
    others = [row for row in INDEX if row["state"] != "accepted"]
    assert len(others) < len(INDEX)
    for row in others:
        by = re.fullmatch(r"replaced by (\d{4})", row["state"])
        assert by, row
        assert row["number"] < by[1] <= INDEX[-1]["number"], row


@pytest.mark.parametrize("document", DOCUMENTS, ids=name_of)
def test_everything_that_a_document_links_to_exists(document: Path) -> None:
    assert missing_links(document) == []


@pytest.mark.parametrize("document", DOCUMENTS, ids=name_of)
def test_paths_that_a_document_names_exist(document: Path) -> None:
    assert missing_paths(document) == []


def test_documents_that_the_code_names_exist() -> None:
    named = {
        (name_of(source), path)
        for source in SOURCES
        for path in PATH_OF_DOCS.findall(source.read_text("utf-8"))
    }
    assert ("audit/triggers.py", "docs/adr/0003-immutable-in-the-database.md") in named
    assert [(source, path) for source, path in sorted(named) if not (ROOT / path).exists()] == []


def test_a_missing_link_or_path_would_be_found(tmp_path: Path) -> None:
    page = tmp_path / "page.md"
    page.write_text(
        "[there](page.md) [elsewhere](https://example.org/x) [gone](gone.md#part)\n"
        "`savings/models.py` `savings/gone.py` `savings.gone` `GET services/x/`\n"
        "```\n[in a block](gone-too.md) `audit/gone.py`\n```\n",
        encoding="utf-8",
    )
    assert missing_links(page) == ["gone.md"]
    assert missing_paths(page) == ["savings/gone.py"]


#: Words that we no longer use, each with what to write.
GONE = {
    r"\bnoughts?\b": "0",
    r"\bnobody['’]s\b": "unattributed, or no council",
    r"\bwhoever\b": "who it is",
    r"\banew\b": "again",
    r"\bare none\b": "there are no",
    r"\bwhat it is that\b": "what",
    r"\bheld beside\b": "compared with",
    r"[.;:,] else\b|\b(?:because|or|would|could) else\b": "if not",
}


@pytest.mark.parametrize("document", DOCUMENTS, ids=name_of)
def test_a_document_uses_no_word_that_we_gave_up(document: Path) -> None:
    text = " ".join(document.read_text("utf-8").split())
    found = {word: instead for word, instead in GONE.items() if re.search(word, text, re.I)}
    assert found == {}


def test_words_that_we_gave_up_would_be_found() -> None:
    text = "Whoever asks: nought. Else it is nobody’s, and what would else be held beside it anew."
    assert [word for word in GONE if not re.search(word, text, re.I)] == [
        r"\bare none\b",
        r"\bwhat it is that\b",
    ]


# --- The glossary ----------------------------------------------------------------------

GLOSSARY = ROOT / "docs" / "glossary.md"


def names_in_code() -> set[str]:
    """Every class of ours, every constant of a module, and what a class body names."""
    found: set[str] = set()
    for source in ours("*.py"):
        for node in ast.parse(source.read_text("utf-8")).body:
            found |= set(assigned(node))
            found |= set(members(node))
    return found


def members(node: ast.AST, prefix: str = "") -> Iterator[str]:
    """A class, its fields and methods and those of the classes in it, with dots between."""
    if isinstance(node, ast.ClassDef):
        yield prefix + node.name
        for inner in node.body:
            yield from (f"{prefix}{node.name}.{name}" for name in assigned(inner))
            yield from members(inner, f"{prefix}{node.name}.")


def assigned(node: ast.AST) -> list[str]:
    if isinstance(node, ast.FunctionDef):
        return [node.name]
    targets = node.targets if isinstance(node, ast.Assign) else []
    targets = [node.target] if isinstance(node, ast.AnnAssign) else targets
    return [target.id for target in targets if isinstance(target, ast.Name)]


def test_the_glossary_is_in_alphabetical_order() -> None:
    terms = re.findall(r"^### (.+)$", GLOSSARY.read_text("utf-8"), re.MULTILINE)
    assert terms == sorted(set(terms))
    assert {"falls on", "reported by", "delivered", "budget", "standing"} <= set(terms)


def test_code_that_the_glossary_names_exists() -> None:
    said = re.findall(r"^Code: .*?(?=\n\n)", GLOSSARY.read_text("utf-8"), re.MULTILINE | re.DOTALL)
    # A path, a column or a part of an address begins with a small letter.
    named = [name for text in said for name in re.findall(r"`([A-Z][\w.]*)`", text)]
    assert len(named) >= len(said)
    known = names_in_code()
    assert [name for name in named if name not in known] == []
