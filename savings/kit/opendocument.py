"""Writes spreadsheets in the OpenDocument format: what a table to fill in needs.

A sheet has a header row with notes, columns with drop-downs, and rows of text and exact
amounts. A sheet that is only for looking things up can be locked. Nothing is a formula.
The XML is written here because odfpy is no longer maintained, and the package that is
maintained brings its own parser and has no drop-downs.

Source: OpenDocument 1.3, part 3, chapters 9 (tables, validations) and 16 (styles).
"""

from __future__ import annotations

import io
import re
import zipfile
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from xml.sax.saxutils import escape, quoteattr  # nosec B406: writes, never reads

from finance.money import json_money, typed_pounds

MEDIA_TYPE = "application/vnd.oasis.opendocument.spreadsheet"

#: A number is pence in a column of money and a whole number in others.
Cell = str | int | None


@dataclass(frozen=True, slots=True)
class Options:
    """What a cell may be: these values, or the first `count` of another sheet's column A."""

    values: Sequence[str] = ()
    sheet: str = ""
    count: int = 0


@dataclass(frozen=True, slots=True)
class Column:
    """A column: its header, its width in characters, and what it holds: text, money or whole.

    `note` is a note on the header. `remedy` is the message if the value typed is not an option.
    """

    header: str
    width: int
    holds: str = "text"
    note: str = ""
    options: Options | None = None
    remedy: str = ""


@dataclass(frozen=True, slots=True)
class Sheet:
    """One sheet. `spare` empty rows below its rows have the drop-downs too."""

    name: str
    columns: Sequence[Column]
    rows: Iterable[Sequence[Cell]]
    locked: bool = False
    spare: int = 0


_NAMES = {
    "office": "urn:oasis:names:tc:opendocument:xmlns:office:1.0",
    "table": "urn:oasis:names:tc:opendocument:xmlns:table:1.0",
    "text": "urn:oasis:names:tc:opendocument:xmlns:text:1.0",
    "style": "urn:oasis:names:tc:opendocument:xmlns:style:1.0",
    "fo": "urn:oasis:names:tc:opendocument:xmlns:xsl-fo-compatible:1.0",
    "number": "urn:oasis:names:tc:opendocument:xmlns:datastyle:1.0",
    "config": "urn:oasis:names:tc:opendocument:xmlns:config:1.0",
    "manifest": "urn:oasis:names:tc:opendocument:xmlns:manifest:1.0",
    "meta": "urn:oasis:names:tc:opendocument:xmlns:meta:1.0",
    "dc": "http://purl.org/dc/elements/1.1/",
    "of": "urn:oasis:names:tc:opendocument:xmlns:of:1.2",
}
_HEAD = '<?xml version="1.0" encoding="UTF-8"?>\n'
#: The file does not hold the time of writing, so the same rows give the same bytes.
_MOMENT = (1980, 1, 1, 0, 0, 0)
_SPACES = re.compile("^ |(?<= ) +| $")
_UNWRITABLE = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\ud800-\udfff\ufffe\uffff]")

_FONT = 'style:font-name="Arial" fo:font-family="Arial" fo:font-size="11pt"'
_STYLES = f"""<office:automatic-styles>
<number:number-style style:name="pounds"><number:number number:decimal-places="2"\
 number:min-decimal-places="2" number:min-integer-digits="1" number:grouping="true"/>\
</number:number-style>
<number:text-style style:name="words"><number:text-content/></number:text-style>
<style:style style:name="sheet" style:family="table"><style:table-properties\
 table:display="true"/></style:style>
<style:style style:name="head" style:family="table-cell"><style:table-cell-properties\
 fo:border-bottom="1pt solid #0e4543"/><style:text-properties {_FONT} fo:font-weight="bold"/>\
</style:style>
<style:style style:name="text" style:family="table-cell" style:data-style-name="words">\
<style:text-properties {_FONT}/></style:style>
<style:style style:name="whole" style:family="table-cell"><style:text-properties {_FONT}/>\
</style:style>
<style:style style:name="money" style:family="table-cell" style:data-style-name="pounds">\
<style:text-properties {_FONT}/></style:style>
"""


def as_ods(sheets: Sequence[Sheet], *, title: str) -> bytes:
    """The bytes of a spreadsheet with these sheets; the same for the same sheets."""
    output = io.BytesIO()
    with zipfile.ZipFile(output, "w", zipfile.ZIP_DEFLATED) as archive:
        # First and not compressed, so that programs recognise the file by its first bytes.
        _write(archive, "mimetype", [MEDIA_TYPE], packed=False)
        _write(archive, "META-INF/manifest.xml", [_manifest()])
        _write(archive, "meta.xml", [_meta(title)])
        _write(archive, "settings.xml", _settings(sheets))
        _write(archive, "content.xml", _content(sheets))
    return output.getvalue()


def _write(
    archive: zipfile.ZipFile, name: str, parts: Iterable[str], *, packed: bool = True
) -> None:
    member = zipfile.ZipInfo(name, _MOMENT)
    member.compress_type = zipfile.ZIP_DEFLATED if packed else zipfile.ZIP_STORED
    member.external_attr = 0o644 << 16
    with archive.open(member, "w") as file:
        for part in parts:
            file.write(part.encode())


def _root(name: str, *prefixes: str) -> str:
    spaces = " ".join(f'xmlns:{prefix}="{_NAMES[prefix]}"' for prefix in prefixes)
    return f'{_HEAD}<{name} {spaces} {name.partition(":")[0]}:version="1.3">'


def _manifest() -> str:
    files = {"/": MEDIA_TYPE} | dict.fromkeys(
        ("content.xml", "meta.xml", "settings.xml"), "text/xml"
    )
    entries = "".join(
        f'<manifest:file-entry manifest:full-path="{path}" manifest:media-type="{kind}"/>'
        for path, kind in files.items()
    )
    return f"{_root('manifest:manifest', 'manifest')}{entries}</manifest:manifest>"


def _meta(title: str) -> str:
    return (
        f"{_root('office:document-meta', 'office', 'meta', 'dc')}<office:meta>"
        f"<meta:generator>Tri-borough</meta:generator><dc:title>{_plain(title)}</dc:title>"
        "</office:meta></office:document-meta>"
    )


def _settings(sheets: Sequence[Sheet]) -> Iterator[str]:
    """Keeps each sheet's header in sight while its rows scroll."""
    yield _root("office:document-settings", "office", "config")
    yield '<office:settings><config:config-item-set config:name="ooo:view-settings">'
    yield '<config:config-item-map-indexed config:name="Views"><config:config-item-map-entry>'
    yield _item("ActiveTable", "string", sheets[0].name)
    yield '<config:config-item-map-named config:name="Tables">'
    for sheet in sheets:
        yield f"<config:config-item-map-entry config:name={quoteattr(sheet.name)}>"
        for name, kind, value in (
            ("VerticalSplitMode", "short", "2"),
            ("VerticalSplitPosition", "int", "1"),
            ("ActiveSplitRange", "short", "2"),
            ("PositionBottom", "int", "1"),
        ):
            yield _item(name, kind, value)
        yield "</config:config-item-map-entry>"
    yield "</config:config-item-map-named></config:config-item-map-entry>"
    yield "</config:config-item-map-indexed></config:config-item-set></office:settings>"
    yield "</office:document-settings>"


def _item(name: str, kind: str, value: str) -> str:
    return (
        f'<config:config-item config:name="{name}" config:type="{kind}">{_plain(value)}'
        "</config:config-item>"
    )


def _content(sheets: Sequence[Sheet]) -> Iterator[str]:
    yield _root(
        "office:document-content",
        *("office", "table", "text", "style", "fo", "number", "dc", "of"),
    )
    yield _STYLES
    widths = sorted({column.width for sheet in sheets for column in sheet.columns})
    for width in widths:
        yield (
            f'<style:style style:name="wide{width}" style:family="table-column">'
            f'<style:table-column-properties style:column-width="{width * 0.21:.2f}cm"/>'
            "</style:style>"
        )
    yield "</office:automatic-styles><office:body><office:spreadsheet>"
    validations = {
        (sheet.name, place): f"options{number}"
        for number, (sheet, place) in enumerate(
            (sheet, place)
            for sheet in sheets
            for place, column in enumerate(sheet.columns)
            if column.options
        )
    }
    yield from _validations(sheets, validations)
    for sheet in sheets:
        yield from _table(sheet, validations)
    yield "</office:spreadsheet></office:body></office:document-content>"


def _validations(sheets: Sequence[Sheet], names: Mapping[tuple[str, int], str]) -> Iterator[str]:
    if not names:
        return
    yield "<table:content-validations>"
    for sheet in sheets:
        for place, column in enumerate(sheet.columns):
            if column.options:
                yield (
                    f'<table:content-validation table:name="{names[sheet.name, place]}"'
                    f" table:condition={quoteattr(_condition(column.options))}"
                    ' table:allow-empty-cell="true" table:display-list="unsorted"'
                    f" table:base-cell-address={quoteattr(_address(sheet.name, place))}>"
                    '<table:error-message table:display="true" table:message-type="stop"'
                    f" table:title={quoteattr(column.header)}>"
                    f"<text:p>{_plain(column.remedy)}</text:p></table:error-message>"
                    "</table:content-validation>"
                )
    yield "</table:content-validations>"


def _condition(options: Options) -> str:
    if options.sheet:
        source = f"[${options.sheet}.$A$2:.$A${options.count + 1}]"
    else:
        source = ";".join(f'"{value}"' for value in options.values)
    return f"of:cell-content-is-in-list({source})"


def _address(sheet: str, place: int) -> str:
    return f"{sheet}.{chr(ord('A') + place)}2"


def _table(sheet: Sheet, validations: Mapping[tuple[str, int], str]) -> Iterator[str]:
    locked = ' table:protected="true"' if sheet.locked else ""
    yield f'<table:table table:name={quoteattr(sheet.name)} table:style-name="sheet"{locked}>'
    for column in sheet.columns:
        yield (
            f'<table:table-column table:style-name="wide{column.width}"'
            f' table:default-cell-style-name="{column.holds}"/>'
        )
    yield "<table:table-header-rows><table:table-row>"
    for column in sheet.columns:
        note = f"<office:annotation>{_paragraphs(column.note)}</office:annotation>"
        yield _text_cell("head", (note if column.note else "") + _paragraphs(column.header))
    yield "</table:table-row></table:table-header-rows>"
    attributes = [
        f' table:content-validation-name="{validations[sheet.name, place]}"'
        if column.options
        else ""
        for place, column in enumerate(sheet.columns)
    ]
    for row in sheet.rows:
        cells = zip(sheet.columns, row, attributes, strict=True)
        yield f"<table:table-row>{''.join(_cell(*cell) for cell in cells)}</table:table-row>\n"
    if sheet.spare:
        blank = zip(sheet.columns, attributes, strict=True)
        empty = "".join(_cell(column, None, more) for column, more in blank)
        yield f'<table:table-row table:number-rows-repeated="{sheet.spare}">{empty}'
        yield "</table:table-row>"
    yield "</table:table>"


def _cell(column: Column, value: Cell, more: str) -> str:
    if value is None or value == "":
        return f'<table:table-cell table:style-name="{column.holds}"{more}/>'
    if isinstance(value, str):
        return _text_cell(column.holds, _paragraphs(value), more)
    number, shown = str(value), str(value)
    if column.holds == "money":
        number, shown = json_money(value), typed_pounds(value)
    return (
        f'<table:table-cell table:style-name="{column.holds}"{more} office:value-type="float"'
        f' office:value="{number}"><text:p>{shown}</text:p></table:table-cell>'
    )


def _text_cell(style: str, inside: str, more: str = "") -> str:
    return (
        f'<table:table-cell table:style-name="{style}"{more} office:value-type="string">'
        f"{inside}</table:table-cell>"
    )


def _paragraphs(text: str) -> str:
    """Text that keeps its line breaks, tabs and spaces, which XML would run together."""
    if text.isalnum():
        return f"<text:p>{text}</text:p>"
    paragraphs = []
    for line in _plain(text).split("\n"):
        spaced = _SPACES.sub(lambda found: f'<text:s text:c="{len(found[0])}"/>', line)
        paragraphs.append(f"<text:p>{spaced}</text:p>".replace("\t", "<text:tab/>"))
    return "".join(paragraphs).replace("\r", "&#13;")


def _plain(text: str) -> str:
    return escape(_UNWRITABLE.sub("\N{REPLACEMENT CHARACTER}", text))
