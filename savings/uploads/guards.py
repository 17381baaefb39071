"""What a file is, by its content, and whether it may be opened. Pure.

All of this happens before a reader sees the file, and is cheap: `kind_of` looks at the first
bytes and at the list of members of a zipped file, never at the file's name. Everything that
is refused has its own sentence, which says what to do instead.
"""

from __future__ import annotations

from collections.abc import Iterable
from enum import StrEnum

from savings.uploads.markup import Attributes, Markup, local
from savings.uploads.packages import MEGABYTE, PASSWORD, Package
from savings.uploads.sheets import Refused

LARGEST_FILE = 10 * MEGABYTE

OPENDOCUMENT_SHEET = b"application/vnd.oasis.opendocument.spreadsheet"

_UPLOAD_THE_SHEET = "Upload the spreadsheet itself, as XLSX, ODS or CSV."
EMPTY = "The file is empty: fill in the return's template, save it and upload that."
TOO_LARGE = (
    f"The file is larger than {LARGEST_FILE // MEGABYTE} MB: copy only the rows, without "
    "pictures and formats, into an empty workbook and upload that."
)
OLD_WORKBOOK = (
    "This is a workbook of Excel 97 to 2003 (.xls): save it as an Excel workbook (.xlsx) and "
    "upload that."
)
BINARY_WORKBOOK = (
    "This is a binary workbook (.xlsb): save it as an Excel workbook (.xlsx) and upload that."
)
MACROS = (
    "The file has macros or controls, which are not accepted: save it as a workbook without "
    "macros (.xlsx or .ods) and upload that."
)
LINKS = (
    "The file has links to other files or to data elsewhere: break the links, so that the file "
    "has its own values, and upload it again."
)
NOT_A_SHEET = f"This is not a spreadsheet. {_UPLOAD_THE_SHEET}"
FLAT = (
    "This is a spreadsheet saved as plain XML: save it as an Excel workbook (.xlsx) or an "
    "OpenDocument spreadsheet (.ods) and upload that."
)
WIDE_TEXT = (
    "This text is in UTF-16: save the file as “CSV UTF-8 (comma delimited)” and upload it again."
)


class Kind(StrEnum):
    CSV = "csv"
    XLSX = "xlsx"
    ODS = "ods"


#: The first bytes of files that people upload by mistake, and what they are.
_BEGINNINGS: tuple[tuple[tuple[bytes, ...], str], ...] = (
    ((b"%PDF-",), f"This is a PDF. {_UPLOAD_THE_SHEET}"),
    (
        (b"\x89PNG", b"\xff\xd8\xff", b"GIF8", b"BM", b"RIFF", b"II*\x00", b"MM\x00*"),
        f"This is a picture. {_UPLOAD_THE_SHEET}",
    ),
    (
        (b"\x1f\x8b", b"7z\xbc\xaf\x27\x1c", b"Rar!", b"BZh", b"\xfd7zXZ\x00", b"PK\x05\x06"),
        f"This is an archive. Unpack it first. {_UPLOAD_THE_SHEET}",
    ),
    ((b"MZ", b"\x7fELF", b"#!"), f"This is a program. {_UPLOAD_THE_SHEET}"),
    ((b"{\\rtf",), f"This is a text document. {_UPLOAD_THE_SHEET}"),
    ((b"\xff\xfe", b"\xfe\xff", b"\x00\x00\xfe\xff"), WIDE_TEXT),
)
#: All bytes that text can have. A few other bytes in a text are mistakes in its cells.
_TEXT_BYTES = bytes({*range(256)} - {*range(9), *range(14, 32), 127})
_COMPOUND = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"
_ENCRYPTED_PART = "EncryptedPackage".encode("utf-16-le")
_WORKBOOK_PARTS = ("Workbook".encode("utf-16-le"), "Book".encode("utf-16-le"))
_OTHER_DOCUMENTS = (
    ("word/document.xml", f"This is a Word document. {_UPLOAD_THE_SHEET}"),
    ("ppt/presentation.xml", f"This is a presentation. {_UPLOAD_THE_SHEET}"),
)
_MACRO_PARTS = ("xl/macrosheets/", "xl/activex/")
_MACRO_PARTS_ODS = ("basic/", "scripts/", "dialogs/")
_MANIFEST = "META-INF/manifest.xml"
_LINK_PARTS = ("xl/externallinks/", "xl/connections.xml", "xl/querytables/", "xl/webextensions/")
#: A link that a person follows, and not one that a program reads from.
_HARMLESS_LINK = "/hyperlink"


def kind_of(content: bytes) -> Kind:
    """What kind of file this is. Raises Refused, saying what it is, if it is not accepted."""
    if not content.strip():
        raise Refused(EMPTY)
    if len(content) > LARGEST_FILE:
        raise Refused(TOO_LARGE)
    if content.startswith(b"PK\x03\x04"):
        return _kind_of_package(Package(content))
    if content.startswith(_COMPOUND):
        raise Refused(_sentence_for_compound(content))
    for beginnings, sentence in _BEGINNINGS:
        if content.startswith(beginnings) and not _reads_as_csv(content):
            raise Refused(sentence)
    if sentence := _sentence_for_text(content):
        raise Refused(sentence)
    return Kind.CSV


def _sentence_for_text(content: bytes) -> str:
    """Why this is not text with cells, or not text; empty if it could be."""
    start = content[:1000].removeprefix(b"\xef\xbb\xbf").lstrip().lower()
    if start.startswith((b"<!doctype html", b"<html", b"<table", b"<head", b"<body")):
        return f"This is a web page. {_UPLOAD_THE_SHEET}"
    if start.startswith((b"<?xml", b"<office:document", b"<workbook", b"mime-version:")):
        return FLAT
    beginning = content[:8192]
    # Text in UTF-16 without its mark has a null for nearly every second byte.
    if beginning.count(b"\x00") * 3 > len(beginning):
        return WIDE_TEXT
    if len(beginning.translate(None, _TEXT_BYTES)) > max(3, len(beginning) // 100):
        return NOT_A_SHEET
    return ""


def _sentence_for_compound(content: bytes) -> str:
    """For Microsoft's older container: an old workbook, a new one with a password, or neither."""
    if _ENCRYPTED_PART in content:
        return PASSWORD
    return OLD_WORKBOOK if any(part in content for part in _WORKBOOK_PARTS) else NOT_A_SHEET


def _reads_as_csv(content: bytes) -> bool:
    """Whether a short beginning such as BM is only the start of a word in a line of CSV."""
    first = content.partition(b"\n")[0]
    return content[:1].isalpha() and first.isascii() and b"," in first and b"\x00" not in first


def _kind_of_package(package: Package) -> Kind:
    for name, sentence in _OTHER_DOCUMENTS:
        if name in package:
            raise Refused(sentence)
    if "xl/workbook.bin" in package:
        raise Refused(BINARY_WORKBOOK)
    names = [name.lower() for name in package.members]
    declared = package.beginning("mimetype").strip()
    if declared.startswith(b"application/vnd.oasis.opendocument."):
        if declared not in (OPENDOCUMENT_SHEET, OPENDOCUMENT_SHEET + b"-template"):
            raise Refused(f"This is an OpenDocument file of another kind. {_UPLOAD_THE_SHEET}")
        if "encrypted-package" in names:
            raise Refused(PASSWORD)
        if _MANIFEST in package:
            _Manifest().read_all(package.stream(_MANIFEST))
        _refuse_members(names, _MACRO_PARTS_ODS, MACROS)
        return Kind.ODS
    if "[Content_Types].xml" in package and "_rels/.rels" in package:
        if any(name.endswith("vbaproject.bin") for name in names):
            raise Refused(MACROS)
        _refuse_members(names, _MACRO_PARTS, MACROS)
        _refuse_members(names, _LINK_PARTS, LINKS)
        return Kind.XLSX
    raise Refused(f"This is an archive. Unpack it first. {_UPLOAD_THE_SHEET}")


def _refuse_members(names: Iterable[str], beginnings: tuple[str, ...], sentence: str) -> None:
    if any(name.startswith(beginnings) and not name.endswith("/") for name in names):
        raise Refused(sentence)


def open_package(content: bytes, kind: Kind) -> Package:
    """The members of a workbook, after all of them were checked. Raises Refused."""
    package = Package(content)
    package.verify()
    if kind == Kind.XLSX:
        for name in package.members:
            if name.endswith(".rels"):
                _Relationships().read_all(package.stream(name))
    return package


class _Relationships(Markup):
    def start(self, name: str, attributes: Attributes) -> None:
        super().start(name, attributes)
        external = attributes.get("TargetMode", "").lower() == "external"
        if external and not attributes.get("Type", "").lower().endswith(_HARMLESS_LINK):
            raise Refused(LINKS)


class _Manifest(Markup):
    def start(self, name: str, attributes: Attributes) -> None:
        super().start(name, attributes)
        if local(name) == "encryption-data":
            raise Refused(PASSWORD)
