"""`manage.py check_schema`: does the database have what this version of the code needs?

Names everything that is missing or different, and exits with 1 if anything is, or with 2 if the
database doesn't answer.
"""

from __future__ import annotations

import sys
from typing import Any

from django.core.management.base import BaseCommand, CommandError
from django.db import OperationalError

from triborough import schema


class Command(BaseCommand):
    help = "Compares the database with what the code needs, and names what is missing."

    def handle(self, *args: Any, **options: Any) -> None:
        try:
            lacking = schema.lacking()
        except OperationalError as error:
            raise CommandError(f"The database does not answer: {error}", returncode=2) from error
        if not lacking:
            self.stdout.write("The database has everything that this version needs.")
            return
        for phrase in lacking:
            self.stdout.write(phrase)
        self.stdout.write(schema.REMEDY)
        sys.exit(1)
