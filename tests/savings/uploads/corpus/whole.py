"""Files that are not spreadsheets, and zips that are not what they seem."""

from __future__ import annotations

import gzip
import io
import zipfile
from random import Random

from savings.uploads import guards, markup, packages, sheets
from tests.savings.uploads.corpus.bad import (
    at_once,
    fixed,
    ods_with_part,
    whole,
    xlsx_with_part,
)
from tests.savings.uploads.making import (
    ODF,
    a_csv,
    a_row,
    an_xlsx,
    ods_of,
    sheet_of,
    xlsx_parts,
    zipped,
    zipped_lying,
)

# --- What is not a spreadsheet --------------------------------------------------------


def compound(stream: str) -> bytes:
    """The beginning of Microsoft's older container, with the name of one stream."""
    return b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + b"\x00" * 504 + stream.encode("utf-16-le") * 2


def png() -> bytes:
    return b"\x89PNG\r\n\x1a\n\x00\x00\x00\rIHDR" + bytes(range(200))


def noise() -> bytes:
    return b"\x05" + Random(1).randbytes(20_000)


NOT_SHEETS = [
    at_once("nothing", fixed(b""), guards.EMPTY),
    at_once("only spaces", fixed(b" \r\n\t\r\n "), guards.EMPTY),
    at_once(
        "larger than 10 MB",
        lambda: a_csv(a_row()) + b"\r\n" * (5 * 1024 * 1024),
        guards.TOO_LARGE,
    ),
    at_once("a workbook of the old format", lambda: compound("Workbook"), guards.OLD_WORKBOOK),
    at_once("a workbook with a password", lambda: compound("EncryptedPackage"), packages.PASSWORD),
    at_once("an old text document", lambda: compound("WordDocument"), guards.NOT_A_SHEET),
    at_once("a PDF", fixed(b"%PDF-1.7\n1 0 obj\n"), f"This is a PDF. {guards._UPLOAD_THE_SHEET}"),
    at_once("a picture, PNG", png, f"This is a picture. {guards._UPLOAD_THE_SHEET}"),
    at_once(
        "a picture, JPEG",
        fixed(b"\xff\xd8\xff\xe0\x00\x10JFIF"),
        f"This is a picture. {guards._UPLOAD_THE_SHEET}",
    ),
    at_once(
        "a web page",
        fixed(b"\n<!DOCTYPE html><html><table><tr><td>service</td></tr></table></html>"),
        f"This is a web page. {guards._UPLOAD_THE_SHEET}",
    ),
    at_once(
        "a table of a web page",
        fixed(b"<table><tr><th>service,kind</th></tr></table>"),
        f"This is a web page. {guards._UPLOAD_THE_SHEET}",
    ),
    at_once(
        "a workbook as plain XML",
        fixed(b'<?xml version="1.0"?><?mso-application progid="Excel.Sheet"?><Workbook/>'),
        guards.FLAT,
    ),
    at_once(
        "a text document",
        fixed(b"{\\rtf1\\ansi service}"),
        f"This is a text document. {guards._UPLOAD_THE_SHEET}",
    ),
    at_once(
        "a packed file",
        lambda: gzip.compress(a_csv(a_row()), mtime=0),
        f"This is an archive. Unpack it first. {guards._UPLOAD_THE_SHEET}",
    ),
    at_once(
        "a zip of a CSV",
        lambda: zipped({"return.csv": a_csv(a_row())}),
        f"This is an archive. Unpack it first. {guards._UPLOAD_THE_SHEET}",
    ),
    at_once(
        "an empty zip",
        lambda: zipped({}),
        f"This is an archive. Unpack it first. {guards._UPLOAD_THE_SHEET}",
    ),
    at_once(
        "a Word document",
        xlsx_with_part("word/document.xml", "<document/>"),
        f"This is a Word document. {guards._UPLOAD_THE_SHEET}",
    ),
    at_once(
        "a presentation",
        xlsx_with_part("ppt/presentation.xml", "<presentation/>"),
        f"This is a presentation. {guards._UPLOAD_THE_SHEET}",
    ),
    at_once(
        "an OpenDocument text",
        ods_with_part("mimetype", "application/vnd.oasis.opendocument.text"),
        f"This is an OpenDocument file of another kind. {guards._UPLOAD_THE_SHEET}",
    ),
    at_once(
        "a binary workbook", xlsx_with_part("xl/workbook.bin", b"\x00"), guards.BINARY_WORKBOOK
    ),
    at_once(
        "a program",
        fixed(b"\x7fELF\x02\x01\x01" + b"\x00" * 100),
        f"This is a program. {guards._UPLOAD_THE_SHEET}",
    ),
    at_once("noise", noise, guards.NOT_A_SHEET),
    at_once("UTF-16", lambda: a_csv(a_row()).decode().encode("utf-16"), guards.WIDE_TEXT),
    at_once(
        "UTF-16 without its byte order mark",
        lambda: a_csv(a_row()).decode().encode("utf-16-le"),
        guards.WIDE_TEXT,
    ),
]

# --- Zips that are not what they seem -----------------------------------------------------


def bomb() -> bytes:
    """A workbook of a third of a megabyte whose sheet would unpack to 300 MB."""
    spaces = b" " * (1024 * 1024)
    output = io.BytesIO()
    with zipfile.ZipFile(output, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, part in xlsx_parts(sheet_of(a_row())).items():
            if name != "xl/worksheets/sheet1.xml":
                archive.writestr(name, part)
        with archive.open("xl/worksheets/sheet1.xml", "w") as sheet:
            for _ in range(300):
                sheet.write(spaces)
    return output.getvalue()


def dense() -> bytes:
    """A workbook of some ten thousand bytes that unpacks to ten million."""
    return an_xlsx(sheet_of(a_row()), {"xl/media/image1.bmp": b"\x00" * 10_000_000})


def lying() -> bytes:
    """A workbook whose sheet claims to be short, and is not."""
    sheet = sheet_of(a_row()).encode()
    return zipped_lying(
        "xl/worksheets/sheet1.xml", sheet + b" " * 3_000_000, len(sheet), xlsx_parts(sheet)
    )


def duplicated() -> bytes:
    """A zip with two parts of the same name: two programs would read two different sheets."""
    parts = xlsx_parts(sheet_of(a_row())) | {"xl/worksheets/sheet2.xml": sheet_of(a_row())}
    return zipped(parts).replace(b"sheet2.xml", b"sheet1.xml")


def encrypted() -> bytes:
    """A zip whose parts are marked as encrypted."""
    file = bytearray(an_xlsx(sheet_of(a_row())))
    for signature, flags in ((b"PK\x03\x04", 6), (b"PK\x01\x02", 8)):
        place = -1
        while (place := file.find(signature, place + 1)) >= 0:
            file[place + flags] |= 1
    return bytes(file)


def oddly_packed() -> bytes:
    output = io.BytesIO()
    with zipfile.ZipFile(output, "w", zipfile.ZIP_BZIP2) as archive:
        for name, part in xlsx_parts(sheet_of(a_row())).items():
            archive.writestr(name, part)
    return output.getvalue()


def wrong_checksum() -> bytes:
    file = bytearray(zipped(xlsx_parts(sheet_of(a_row())), stored=["xl/styles.xml"]))
    place = file.index(b"dd\\ mmmm")
    file[place : place + 2] = b"xx"
    return bytes(file)


ZIPS = [
    at_once("a truncated workbook", lambda: an_xlsx(sheet_of(a_row()))[:-300], sheets.DAMAGED),
    at_once(
        "only the start of a workbook", lambda: an_xlsx(sheet_of(a_row()))[:30], sheets.DAMAGED
    ),
    at_once("a truncated ODS", lambda: ods_of(a_row())[:-200], sheets.DAMAGED),
    at_once("a zip bomb", bomb, packages.TOO_LARGE_UNPACKED),
    at_once("a smaller zip bomb", dense, packages.TOO_DENSE),
    whole("a zip that lies about its size", lying, sheets.DAMAGED),
    at_once(
        "a zip of thousands of parts",
        lambda: an_xlsx(sheet_of(a_row()), {f"xl/part{n}.xml": "<a/>" for n in range(1_200)}),
        packages.TOO_MANY_MEMBERS,
    ),
    at_once("two parts of one name", duplicated, markup.UNUSUAL),
    at_once("an encrypted zip", encrypted, packages.PASSWORD),
    at_once(
        "an ODS with a password",
        ods_with_part(
            "META-INF/manifest.xml",
            f'<manifest:manifest xmlns:manifest="{ODF}manifest:1.0"><manifest:file-entry>'
            "<manifest:encryption-data/></manifest:file-entry></manifest:manifest>",
        ),
        packages.PASSWORD,
    ),
    whole("a zip with an unknown compression", oddly_packed, markup.UNUSUAL),
    whole("a wrong checksum", wrong_checksum, sheets.DAMAGED),
]
