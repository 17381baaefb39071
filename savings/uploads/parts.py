"""A file sent with a request: never read beyond the longest that is allowed."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import IO, Any

from django.core.exceptions import RequestDataTooBig, SuspiciousOperation
from django.core.files.uploadedfile import UploadedFile
from django.core.files.uploadhandler import FileUploadHandler, SkipFile
from django.http import HttpRequest
from rest_framework.exceptions import ParseError, UnsupportedMediaType
from rest_framework.parsers import DataAndFiles, MultiPartParser
from rest_framework.request import Request

from savings.uploads.guards import LARGEST_FILE, TOO_LARGE
from savings.uploads.imports import FileMistake
from sovereignty.refusals import BadContent, FieldError
from sovereignty.shapes import SHOWN

#: The longest form with a file: the file, and room for its headers and the other fields.
LONGEST_FORM = LARGEST_FILE + 1024 * 1024
NEWEST_VERSION = 2_147_483_647
CHOOSE = "Choose the file to upload."


class NotAForm(UnsupportedMediaType):
    """The call takes a form with a file, but was sent something else."""

    default_detail = "Send the file as multipart/form-data, in a part named file."


@dataclass(frozen=True, slots=True)
class Parts:
    """What a form with a file says; `version` is None if it names none."""

    filename: str
    content: bytes
    version: int | None


class FormWithFile(MultiPartParser):
    """A form with a file, refused before it is read if it is too long."""

    def parse(
        self,
        stream: IO[Any],
        media_type: str | None = None,
        parser_context: Mapping[str, Any] | None = None,
    ) -> DataAndFiles:
        try:
            return super().parse(stream, media_type, parser_context)
        except RequestDataTooBig:
            raise
        except SuspiciousOperation as error:
            raise ParseError(f"The form can't be read: {error}") from error


class Bounded(FileUploadHandler):
    """Drops the files of a form that is too long, wherever on the site it is sent.

    Their bytes are skipped and not kept; the code that asks for the file says so.
    """

    dropped = False

    def handle_raw_input(
        self,
        input_data: Any,
        META: dict[str, str],  # noqa: N803 - Django's own name
        content_length: int,
        boundary: str,
        encoding: str | None = None,
    ) -> None:
        self.dropped = content_length > LONGEST_FORM

    def new_file(self, *args: Any, **kwargs: Any) -> None:
        super().new_file(*args, **kwargs)
        if self.dropped:
            raise SkipFile

    def receive_data_chunk(self, raw_data: bytes, start: int) -> bytes:
        return raw_data

    def file_complete(self, file_size: int) -> None:
        return None


def parts_of(request: Request) -> Parts:
    """The file of an API call, and the version sent with it. Raises BadContent or NotAForm."""
    if not (request.content_type or "").lower().startswith("multipart/form-data"):
        raise NotAForm(request.content_type or "")
    if _length(request) > LONGEST_FORM:
        raise RequestDataTooBig(TOO_LARGE)
    data: Any = request.data
    errors: list[FieldError] = []
    for name in data:
        if name not in ("file", "version"):
            remedy = "This name is not known here: leave it out, or use file, version."
            errors.append(FieldError(name[:SHOWN], remedy))
    file = data.get("file")
    if not isinstance(file, UploadedFile):
        errors.append(FieldError("file", "Send the file in a part named file, with its name."))
    elif len(data.getlist("file")) > 1:
        errors.append(FieldError("file", "Send one file."))
    version = data.get("version")
    if version is not None and not _is_version(version):
        remedy = "Send the version that you read, as a whole number."
        errors.append(FieldError("version", remedy, str(version)[:SHOWN]))
    if errors or not isinstance(file, UploadedFile):
        raise BadContent(errors)
    return Parts(file.name or "", content_of(file), None if version is None else int(version))


def nothing_came(request: HttpRequest) -> str:
    """Why a page's form has no file: none was chosen, or it was too long."""
    length = request.META.get("CONTENT_LENGTH") or "0"
    return TOO_LARGE if length.isdecimal() and int(length) > LONGEST_FORM else CHOOSE


def content_of(file: UploadedFile) -> bytes:
    """The bytes of a file. Raises BadContent if it is too large."""
    if (file.size or 0) > LARGEST_FILE:
        raise BadContent([FileMistake("file", TOO_LARGE)])
    return file.read()


def _length(request: Request) -> int:
    text = str(request.META.get("CONTENT_LENGTH") or "0")
    return int(text) if text.isdecimal() else 0


def _is_version(value: object) -> bool:
    return (
        isinstance(value, str)
        and value.isascii()
        and value.isdecimal()
        and len(value) <= 10
        and int(value) <= NEWEST_VERSION
    )
