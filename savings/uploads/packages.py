"""A zipped file, unpacked without trusting what it says about itself. Pure.

The declared sizes of the parts are added up before any part is unpacked, and no part is unpacked
further than its declared size. A part that is longer, or that fails its checksum, is refused.
"""

from __future__ import annotations

import io
import struct
import zipfile
import zlib
from collections.abc import Iterable, Iterator

from savings.uploads.markup import DOCUMENT_TYPE, UNUSUAL
from savings.uploads.sheets import DAMAGED, Refused

MEGABYTE = 1024 * 1024
LARGEST_UNPACKED = 128 * MEGABYTE
MOST_MEMBERS = 1_000
#: How many times its own size a file may unpack to. Below a few megabytes it doesn't matter.
HIGHEST_RATIO = 200
RATIO_MATTERS_ABOVE = 4 * MEGABYTE

_CHUNK = 65_536
_CENTRAL = b"PK\x01\x02"
_LOCAL = struct.Struct("<4s5H3I2H")
_ENCRYPTED = 0x1
#: What opening a list of members can raise if the file is damaged or malicious.
_UNREADABLE = (
    zipfile.BadZipFile,
    NotImplementedError,
    OSError,
    OverflowError,
    ValueError,
    struct.error,
    zlib.error,
)
_MARKUP = (".xml", ".rels", ".vml", ".rdf")
_DECLARATIONS = (b"<!doctype", b"<!entity")
_OVERLAP = max(map(len, _DECLARATIONS)) - 1

PASSWORD = (  # nosec B105
    "The file is protected by a password: remove the password, save the file and upload it again."
)
TOO_LARGE_UNPACKED = (
    f"The file unpacks to more than {LARGEST_UNPACKED // MEGABYTE} MB, which no return needs: "
    "copy only the rows into an empty workbook and upload that."
)
TOO_DENSE = (
    f"The file unpacks to more than {HIGHEST_RATIO} times its size, which no return does: copy "
    "only the rows into an empty workbook and upload that."
)
TOO_MANY_MEMBERS = (
    f"The file has more than {MOST_MEMBERS:,} parts, which no return needs: copy only the rows "
    "into an empty workbook and upload that."
)


class Package:
    """The members of a zipped file by name. Raises Refused if it must not be opened."""

    def __init__(self, content: bytes) -> None:
        self.content = memoryview(content)
        if content.count(_CENTRAL) > MOST_MEMBERS:
            raise Refused(TOO_MANY_MEMBERS)
        try:
            with zipfile.ZipFile(io.BytesIO(content)) as archive:
                members = archive.infolist()
        except _UNREADABLE as error:
            raise Refused(DAMAGED) from error
        if any(member.flag_bits & _ENCRYPTED for member in members):
            raise Refused(PASSWORD)
        unpacked = sum(member.file_size for member in members)
        if unpacked > LARGEST_UNPACKED:
            raise Refused(TOO_LARGE_UNPACKED)
        if unpacked > max(RATIO_MATTERS_ABOVE, HIGHEST_RATIO * len(content)):
            raise Refused(TOO_DENSE)
        self.members = {member.filename: member for member in members}
        if len(self.members) < len(members):
            raise Refused(UNUSUAL)

    def __contains__(self, name: object) -> bool:
        return name in self.members

    def beginning(self, name: str, length: int = 200) -> bytes:
        """The first bytes of a member; empty if there is no such member."""
        found = b""
        if name in self.members:
            for chunk in self.stream(name):
                found += chunk
                if len(found) >= length:
                    break
        return found[:length]

    def stream(self, name: str) -> Iterator[bytes]:
        """A member, unpacked piece by piece. Raises Refused if it is not what it declares."""
        if name not in self.members:
            raise Refused(DAMAGED)
        member = self.members[name]
        seen = checksum = 0
        for chunk in self._unpacked(member):
            seen += len(chunk)
            if seen > member.file_size:
                raise Refused(DAMAGED)
            checksum = zlib.crc32(chunk, checksum)
            yield chunk
        if seen != member.file_size or checksum != member.CRC:
            raise Refused(DAMAGED)

    def verify(self) -> None:
        """Unpack every member once, to check that it is what it says and declares no entity."""
        for name in self.members:
            tail = b""
            first = True
            for chunk in self.stream(name):
                if first and name.lower().endswith(_MARKUP) and _is_wide(chunk):
                    raise Refused(UNUSUAL)
                first = False
                if b"<!" in tail + chunk[:1] or b"<!" in chunk:
                    lowered = (tail + chunk).lower()
                    if any(declaration in lowered for declaration in _DECLARATIONS):
                        raise Refused(DOCUMENT_TYPE)
                tail = (tail + chunk)[-_OVERLAP:]

    def _unpacked(self, member: zipfile.ZipInfo) -> Iterator[bytes]:
        start = self._start(member)
        packed = self.content[start : start + member.compress_size]
        if len(packed) < member.compress_size:
            raise Refused(DAMAGED)
        pieces = (bytes(packed[at : at + _CHUNK]) for at in range(0, len(packed), _CHUNK))
        if member.compress_type == zipfile.ZIP_STORED:
            yield from pieces
        elif member.compress_type == zipfile.ZIP_DEFLATED:
            yield from _inflated(pieces)
        else:
            raise Refused(UNUSUAL)

    def _start(self, member: zipfile.ZipInfo) -> int:
        """Where a member's bytes begin: after its header, which ends with name and extras."""
        header = bytes(self.content[member.header_offset : member.header_offset + _LOCAL.size])
        if len(header) < _LOCAL.size or member.header_offset < 0:
            raise Refused(DAMAGED)
        signature, *_, name, extra = _LOCAL.unpack(header)
        if signature != b"PK\x03\x04":
            raise Refused(DAMAGED)
        return int(member.header_offset + _LOCAL.size + name + extra)


def _inflated(pieces: Iterable[bytes]) -> Iterator[bytes]:
    unpack = zlib.decompressobj(-zlib.MAX_WBITS)
    try:
        for piece in pieces:
            left = piece
            while left and not unpack.eof:
                if chunk := unpack.decompress(left, _CHUNK):
                    yield chunk
                left = unpack.unconsumed_tail
        if rest := unpack.flush():
            yield rest
    except zlib.error as error:
        raise Refused(DAMAGED) from error
    if not unpack.eof:
        raise Refused(DAMAGED)


def _is_wide(beginning: bytes) -> bool:
    """Whether this begins like XML in UTF-16 or UTF-32, which could not be searched."""
    return beginning.startswith((b"\xff\xfe", b"\xfe\xff", b"<\x00", b"\x00<", b"\x00\x00"))
