"""`manage.py load_record`: loads the published record into the database."""

from __future__ import annotations

from argparse import ArgumentParser
from pathlib import Path
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError
from django.utils import timezone

from savings.record.footing import FootingError
from savings.record.imports import RecordError, read_record
from savings.record.loading import load
from savings.returns.outbox import wake


class Command(BaseCommand):
    help = "Loads the published record. A second run changes nothing."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument(
            "--folder", type=Path, default=settings.RECORD_DIR, help="where the record's files are"
        )

    def handle(self, *args: Any, folder: Path, **options: Any) -> None:
        try:
            loaded = load(read_record(folder), at=timezone.now())
        except (RecordError, FootingError) as error:
            raise CommandError(f"Nothing was loaded.\n{error}") from error
        wake()
        self.stdout.write(
            f"The record: {loaded.figures} figures in {loaded.tables} tables of "
            f"{loaded.documents} documents, {loaded.plan_lines} plan lines, "
            f"{loaded.services} services, {loaded.drivers} drivers, "
            f"{loaded.differences} differences"
        )
