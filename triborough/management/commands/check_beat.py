"""Whether the scheduler is working: the health check of the process `beat`."""

from datetime import timedelta
from typing import Any

from django.core.management.base import BaseCommand, CommandError
from django.db.models import Max
from django.utils import timezone
from django_celery_beat.models import PeriodicTask

# The scheduler records what it sent every three minutes.
LONGEST_SILENCE = timedelta(minutes=10)


class Command(BaseCommand):
    help = "Fails if the scheduler has sent nothing for ten minutes."

    def handle(self, *args: Any, **options: Any) -> None:
        sent = PeriodicTask.objects.filter(enabled=True).aggregate(last=Max("last_run_at"))
        if sent["last"] is None:
            raise CommandError("The scheduler has sent nothing yet.")
        if timezone.now() - sent["last"] > LONGEST_SILENCE:
            raise CommandError(f"The scheduler has sent nothing since {sent['last']:%c}.")
        self.stdout.write("The scheduler is working.")
