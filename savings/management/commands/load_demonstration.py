"""`manage.py load_demonstration`: people to sign in as, illustrative rules and drafts."""

from __future__ import annotations

from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError
from django.utils import timezone

from savings.demonstration.loading import RecordMissing, load
from savings.returns.outbox import wake


class Command(BaseCommand):
    help = "Loads the demonstration onto the record. Refused if DEBUG is off."

    def handle(self, *args: Any, **options: Any) -> None:
        if not settings.DEBUG:
            raise CommandError(
                "The demonstration has a published password and illustrative figures, so it "
                "can't be loaded if DEBUG is off."
            )
        try:
            usernames = load(
                folder=settings.DEMONSTRATION_DIR,
                password=settings.DEMO_PASSWORD,
                at=timezone.now(),
            )
        except RecordMissing as missing:
            raise CommandError(str(missing)) from missing
        wake()
        self.stdout.write(f"The demonstration: {', '.join(usernames)}")
