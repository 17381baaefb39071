"""`manage.py check_history`: is every chain of events whole, and does it match the database?

Prints each chain's head. If you keep the heads elsewhere and give them with `--noted` later,
it shows whether events were cut off the end, or a whole chain was rewritten. With `--returns`
it replays every return from its events and compares it with the database. It names every
break, missing head and difference, and then exits with 1.
"""

from __future__ import annotations

import re
import sys
from argparse import ArgumentParser
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from audit.reports import chains, check, missing_heads
from savings.history.stood import differences

_HEAD = re.compile(r"^(?P<chain>[\w-]+): .*\bhead (?P<head>[0-9a-f]{64})$")


class Command(BaseCommand):
    help = "Checks every chain of events, and prints its head."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument(
            "--noted", type=Path, help="what this command printed earlier: no head may be missing"
        )
        parser.add_argument(
            "--returns", action="store_true", help="compare every return with its events as well"
        )

    def handle(self, *args: Any, noted: Path | None, returns: bool, **options: Any) -> None:
        wrong = 0
        for name in chains():
            found = check(name)
            if found.broken is None:
                self.stdout.write(f"{name}: {found.events} events, whole, head {found.head}")
                continue
            wrong += 1
            event = found.broken
            self.stdout.write(
                f"{name}: BROKEN at event {found.position} of {found.events} (id {event.id}): "
                f"{event}. It does not follow from the one before."
            )
        for chain, head in missing_heads(self._heads(noted)):
            wrong += 1
            self.stdout.write(f"{chain}: MISSING the head that was noted, {head}")
        if returns:
            compared, different = differences()
            wrong += len(different)
            for sentence in different:
                self.stdout.write(f"DIFFERENT: {sentence}")
            self.stdout.write(f"{compared} returns compared with their events")
        if wrong:
            sys.exit(1)

    def _heads(self, noted: Path | None) -> list[tuple[str, str]]:
        if noted is None:
            return []
        try:
            lines = noted.read_text(encoding="utf-8").splitlines()
        except OSError as error:
            raise CommandError(f"{noted} can't be read: {error.strerror}.") from error
        found = [match for line in lines if (match := _HEAD.match(line))]
        if not found:
            raise CommandError(f"{noted} has no line that this command printed.")
        return [(match["chain"], match["head"]) for match in found]
