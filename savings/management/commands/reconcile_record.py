"""`manage.py reconcile_record`: does the record add up, and if not, is that known?

Reads only the files, not the database. Exits with 1 if a difference is not listed as known,
or if a listed one no longer occurs.
"""

from __future__ import annotations

import sys
from argparse import ArgumentParser
from itertools import groupby
from pathlib import Path
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError

from savings.record.footing import Difference, FootingError, foot, reconcile
from savings.record.imports import Record, RecordError, read_record


class Command(BaseCommand):
    help = "Adds up every table of the record and compares the documents with each other."
    requires_system_checks: list[str] = []

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument(
            "--folder", type=Path, default=settings.RECORD_DIR, help="where the record's files are"
        )

    def handle(self, *args: Any, folder: Path, **options: Any) -> None:
        try:
            record = read_record(folder)
            result = reconcile(foot(record.cells(), record.checks), record.known)
        except (RecordError, FootingError) as error:
            raise CommandError(str(error)) from error
        self._list("Differences in the record, listed as known", record, result.listed)
        self._list("NOT LISTED as known", record, result.unlisted)
        for known in result.gone:
            self.stdout.write(
                f"LISTED, BUT NO LONGER FOUND: {known.code} "
                f"(printed {known.printed}, derived {known.derived})\n"
            )
        self.stdout.write(
            f"{len(record.figures)} figures in {len(record.tables)} tables: "
            f"{len(result.listed)} known differences, {len(result.unlisted)} not listed, "
            f"{len(result.gone)} listed but gone"
        )
        if not result.is_clean:
            sys.exit(1)

    def _list(self, title: str, record: Record, differences: tuple[Difference, ...]) -> None:
        if not differences:
            return
        tables = {table.code: table for table in record.tables}
        documents = {document.code: document.title for document in record.documents}
        self.stdout.write(f"{title}\n\n")
        for code, items in groupby(differences, key=lambda item: item.table):
            table = tables[code]
            self.stdout.write(f"{table.title}\n  {documents[table.document]}: {table.place}")
            for item in items:
                unit = f" {item.unit}" if item.unit else ""
                apart = f" (difference {item.difference})" if item.difference else ""
                self.stdout.write(
                    f"  - {item.what}\n"
                    f"      printed {item.printed}, derived {item.derived}{unit}{apart}\n"
                    f"      {item.reason or 'No likely reason known.'}\n"
                    f"      {item.code}"
                )
            self.stdout.write("")
