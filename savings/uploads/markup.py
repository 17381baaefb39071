"""Untrusted XML, read from beginning to end without ever holding all of it. Pure.

Workbooks are XML in a zip. They need no document type, entities, hundreds of levels or tags of
a quarter of a megabyte, and a parser that accepts these can be made to use all of a machine's
memory. So they are refused here, in any file.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from xml.parsers import expat

from savings.uploads.sheets import DAMAGED, LONGEST_CELL, Refused

DEEPEST = 200
LONGEST_TAG = 256 * 1024
MOST_NAMES = 2_000
MOST_ELEMENTS = 8_000_000

DOCUMENT_TYPE = (
    "The file declares a document type or entities, which no spreadsheet program writes and "
    "which can be harmful: open it in your spreadsheet program, save it again and upload that."
)
UNUSUAL = (
    "The file is not made the way spreadsheet programs make them: open it in your spreadsheet "
    "program, save it again and upload that."
)

Attributes = dict[str, str]


class Markup:
    """A parser. A subclass has `start` and `end`, and keeps what it finds.

    Names are `namespace name`, or only the name for an attribute without a namespace. A
    subclass that overrides `start` or `end` must count `opened` and `closed` as these do, and
    gathers text in `text`, which is cut to what a cell can hold.
    """

    def __init__(self) -> None:
        self.opened = 0
        self.closed = 0
        self.text: list[str] = []
        self._prefixes = 0
        self._names: dict[str, str] = {}
        self.parser = expat.ParserCreate(namespace_separator=" ", intern=self._names)
        self.parser.buffer_text = True
        self.parser.buffer_size = 65_536
        self.parser.StartElementHandler = self.start
        self.parser.EndElementHandler = self.end
        self.parser.StartDoctypeDeclHandler = _refuse_document_type
        self.parser.EntityDeclHandler = _refuse_document_type
        self.parser.StartNamespaceDeclHandler = self._count_prefix

    def start(self, name: str, attributes: Attributes) -> None:
        self.opened += 1

    def end(self, name: str) -> None:
        self.closed += 1

    def gather(self, wanted: bool) -> None:
        """Set whether the text that follows is kept."""
        self.parser.CharacterDataHandler = self.text.append if wanted else None

    def read(self, chunks: Iterable[bytes]) -> Iterator[None]:
        """Parse piece by piece, pausing after each. Raises Refused for what is not allowed."""
        fed = 0
        try:
            for chunk in chunks:
                self.parser.Parse(chunk, False)
                fed += len(chunk)
                self._check(fed)
                yield
            self.parser.Parse(b"", True)
        except expat.ExpatError as error:
            raise Refused(DAMAGED) from error
        yield

    def read_all(self, chunks: Iterable[bytes]) -> None:
        """Parse to the end. Raises Refused for what is not allowed."""
        for _ in self.read(chunks):
            pass

    def _check(self, fed: int) -> None:
        if (
            self.opened - self.closed > DEEPEST
            or len(self._names) > MOST_NAMES
            or self._prefixes > MOST_NAMES
            or self.opened > MOST_ELEMENTS
            # What is not parsed yet is a tag or a comment that has not ended.
            or fed - self.parser.CurrentByteIndex > LONGEST_TAG
        ):
            raise Refused(UNUSUAL)
        if len(self.text) > 1 and sum(map(len, self.text)) > LONGEST_CELL:
            self.text[:] = ["".join(self.text)[:LONGEST_CELL]]

    def _count_prefix(self, prefix: str | None, address: str) -> None:
        self._prefixes += 1


def _refuse_document_type(*_: object) -> None:
    raise Refused(DOCUMENT_TYPE)


def local(name: str) -> str:
    """A name without its namespace.

    >>> local("urn:example table")
    'table'
    """
    return name.rpartition(" ")[2]
