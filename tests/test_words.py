"""Plain modern British English: words that we gave up stay out of it.

Prose is what people read: templates and documents, and in code the strings, comments and names of
tests. What a machine reads, such as the keyword `else`, is not looked at.
"""

import io
import re
import tokenize
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent

#: Directories and files whose prose is read. To have another one read, add a line.
PLACES = (
    "audit",
    "bench",
    "docs",
    "finance",
    "savings",
    "scripts",
    "services",
    "sovereignty",
    "static/js",
    "templates",
    "tests",
    "triborough",
    "CHANGELOG.md",
    "CONTRIBUTING.md",
    "README.md",
)

#: Released migrations are never edited, and tests of these words have to quote them.
LEFT_ALONE = {
    ROOT / "savings" / "migrations" / "0001_initial.py",
    ROOT / "tests" / "test_docs.py",
    Path(__file__),
}

#: What must not occur, and a sentence that holds it.
LEFT_BEHIND = {
    r"(?i)\bnoughts?\b": "Together they come to nought.",
    r"(?i)\bnobody['’]?s\b": "What is shared is nobody’s.",
    r"(?i)\bwhoever\b": "It is sent to whoever certifies.",
    r"(?i)\banew\b": "Every council answers anew.",
    r"(?i)\bare\s+none\b": "There are none.",
    r"(?i)\bwhat\s+it\s+is\s+that\b": "Say what it is that changes.",
    r"(?i)\bheld\s+beside\b": "It is held beside the plan.",
    r"(?i)\bThere\s+is\s+nothing\s+here\s+for\s+you\b": "There is nothing here for you.",
    r"(?i)\bThis\s+is\s+our\s+fault\b": "This is our fault.",
    r"\bElse\b": "Else propose another.",
    r"[,;]\s+else\b": "Answer it; else it lapses.",
    r"\b(?:because|or|would|could)\s+else\b": "It is as at the quarter, or else as at today.",
}

#: Stands for code, so that words on either side of it make no phrase.
CODE = "·"


def without_code(text: str) -> str:
    """Code that takes up the same space and has nothing to read in it."""
    return re.sub(r"\S", CODE, text)


def of_template(text: str) -> str:
    """A template without its tags, except for what is quoted in them."""

    def quoted(tag: re.Match[str]) -> str:
        return re.sub(
            r'"[^"]*"|[^"]+',
            lambda part: part[0] if part[0].startswith('"') else without_code(part[0]),
            tag[0],
        )

    return re.sub(r"\{%.*?%\}", quoted, text, flags=re.DOTALL)


def of_document(text: str) -> str:
    """A document without its code."""
    return re.sub(r"```.*?```|`[^`\n]*`", lambda code: without_code(code[0]), text, flags=re.DOTALL)


def of_script(text: str) -> str:
    """The strings and comments of a script."""
    kept = re.compile(
        r"//(?P<line>[^\n]*)|/\*(?P<block>.*?)\*/"
        r"|\"(?P<double>(?:\\.|[^\"\\\n])*)\"|'(?P<single>(?:\\.|[^'\\\n])*)'"
        r"|`(?P<back>(?:\\.|[^`\\])*)`",
        flags=re.DOTALL,
    )
    return only(text, (match.span(match.lastgroup or 0) for match in kept.finditer(text)))


def of_python(text: str) -> str:
    """The strings, docstrings and comments of a module, and its tests' names as words."""
    starts = [0, *(line.end() for line in re.finditer(r"\n", text))]
    spans = []
    for token in tokenize.generate_tokens(io.StringIO(text).readline):
        begin, end = (starts[row - 1] + column for row, column in (token.start, token.end))
        name = tokenize.tok_name[token.type]
        if name == "STRING":
            quote = re.match(r"\w*('{3}|\"{3}|['\"])", token.string)
            if quote:
                spans.append((begin + len(quote[0]), end - len(quote[1])))
        elif name in ("COMMENT", "FSTRING_MIDDLE"):
            spans.append((begin + (name == "COMMENT"), end))
        elif name == "NAME" and token.string.startswith("test_"):
            text = text[:begin] + token.string.replace("_", " ") + text[end:]
            spans.append((begin, end))
    return only(text, iter(spans))


def only(text: str, spans: Iterator[tuple[int, int]]) -> str:
    """The text at these places, and code at all others.

    Quotes between two strings, and what starts a comment, count as space, so that a sentence goes
    on from one line to the next.
    """
    made, reached = [], 0
    for begin, end in spans:
        between = re.sub(r"//|/\*|\*/|\b[rbfuRBFU]{1,2}(?=['\"])|[\"'`#]", " ", text[reached:begin])
        made += [without_code(between).ljust(begin - reached), text[begin:end]]
        reached = end
    return "".join([*made, without_code(text[reached:])])


READERS: dict[str, Callable[[str], str]] = {
    ".html": of_template,
    ".txt": of_template,
    ".md": of_document,
    ".js": of_script,
    ".py": of_python,
}


def left_behind_in(path: Path) -> list[tuple[int, str]]:
    """The lines of a file on which it has a word that is left behind, and the word."""
    prose = READERS[path.suffix](path.read_text())
    return sorted(
        (prose.count("\n", 0, found.start()) + 1, found[0])
        for pattern in LEFT_BEHIND
        for found in re.finditer(pattern, prose)
    )


def files_of(place: str) -> list[Path]:
    path = ROOT / place
    found = [path] if path.is_file() else sorted(path.rglob("*"))
    return [file for file in found if file.suffix in READERS and file not in LEFT_ALONE]


@pytest.mark.parametrize("place", PLACES)
def test_no_file_has_a_word_that_is_left_behind(place: str) -> None:
    files = files_of(place)
    assert files
    assert [
        f"{file.relative_to(ROOT)}:{line}: {word}"
        for file in files
        for line, word in left_behind_in(file)
    ] == []


SHAPES = {
    ".html": '<p>One.</p>\n{{% include "x" with lede="{sentence}" %}}{{% else %}}',
    ".txt": "One.\n{{% if x %}}{sentence}{{% else %}}Two.{{% endif %}}",
    ".md": "One, `a; else b`.\n{sentence}",
    ".js": 'if (a) b();\nelse say("{sentence}");',
    ".py": 'a = b if c else d\ne = "{sentence}"\n',
}


@pytest.mark.parametrize("suffix", READERS)
@pytest.mark.parametrize("sentence", LEFT_BEHIND.values())
def test_each_word_is_found_in_each_kind_of_file(
    tmp_path: Path, suffix: str, sentence: str
) -> None:
    file = tmp_path / f"one{suffix}"
    file.write_text(SHAPES[suffix].format(sentence="All is well."))
    assert left_behind_in(file) == []
    file.write_text(SHAPES[suffix].format(sentence=sentence))
    assert [line for line, _ in left_behind_in(file)] == [2]


@pytest.mark.parametrize(
    ("suffix", "text"),
    [
        (".py", 'def test_what_is_nobodys() -> None:\n    """None."""\n'),
        (".py", 'said = (\n    "There is nothing here "\n    f"for you, {name}."\n)\n'),
        (".py", "# There is nothing\n# here for you.\n"),
        (".js", "// There is nothing\n// here for you.\n"),
        (".html", "{% comment %}There is nothing\nhere for you.{% endcomment %}"),
    ],
)
def test_words_are_found_in_names_of_tests_and_across_lines(
    tmp_path: Path, suffix: str, text: str
) -> None:
    file = tmp_path / f"one{suffix}"
    file.write_text(text)
    assert len(left_behind_in(file)) == 1


def test_separate_strings_make_no_phrase(tmp_path: Path) -> None:
    file = tmp_path / "one.py"
    file.write_text('found = ["are", "none"]\nother = {"are": none}\n')
    assert left_behind_in(file) == []
