"""`manage.py load_chosen`: loads what LOAD says: the record, the demonstration too, or nothing.

`make services` and docker-compose.yml run it after they have migrated.
"""

from __future__ import annotations

from typing import Any

from django.conf import settings
from django.core.management import call_command
from django.core.management.base import BaseCommand

COMMANDS = {"record": ["load_record"], "demonstration": ["load_record", "load_demonstration"]}


class Command(BaseCommand):
    help = "Loads what LOAD says: record, demonstration, or nothing if it is not set."

    def handle(self, *args: Any, **options: Any) -> None:
        if not settings.LOAD:
            self.stdout.write("Nothing is loaded, because LOAD is not set.")
            return
        for name in COMMANDS[settings.LOAD]:
            call_command(name, stdout=self.stdout)
