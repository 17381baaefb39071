"""`manage.py rollup`: brings the rollup up to date; with --full, from the entries."""

from __future__ import annotations

from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand
from django.utils import timezone

from savings.rollup.actions import roll_up_dirty, roll_up_everything


class Command(BaseCommand):
    help = "Rolls up the returns that are waiting. With --full, works everything out again."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--full", action="store_true", help="work everything out again")

    def handle(self, *args: Any, full: bool, **options: Any) -> None:
        roll_up = roll_up_everything if full else roll_up_dirty
        state = roll_up(at=timezone.now())
        self.stdout.write(f"version {state.version} digest {state.digest}")
