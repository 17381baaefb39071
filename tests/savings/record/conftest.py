"""The record as it is in the repository, and a copy that a test may spoil."""

import csv
import shutil
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path

import pytest
from django.conf import settings
from django.test import Client

from savings.record.imports import Record, read_record
from savings.record.loading import load
from sovereignty.models import Appointment, Role, User
from tests.kept import kept

Spoil = Callable[[str, Callable[[list[dict[str, str]]], None]], Path]


@pytest.fixture(scope="session")
def record() -> Record:
    return read_record(settings.RECORD_DIR)


@pytest.fixture
@kept
def loaded(db: None, record: Record) -> None:
    load(record, at=datetime(2026, 1, 5, tzinfo=UTC))


@pytest.fixture
def reader(client: Client, db: None) -> Client:
    """A councillor's neighbour in rank: somebody with any appointment at all."""
    user = User.objects.create_user("auditor")
    Appointment.objects.create(user=user, role=Role.AUDITOR)
    client.force_login(user)
    return client


@pytest.fixture
def spoil(tmp_path: Path) -> Spoil:
    """Change the rows of one file in a copy of the record; gives the copy's folder."""
    folder = tmp_path / "record"
    shutil.copytree(settings.RECORD_DIR, folder)

    def change(name: str, how: Callable[[list[dict[str, str]]], None]) -> Path:
        path = folder / name
        with path.open(encoding="utf-8", newline="") as file:
            rows = list(csv.DictReader(file))
        columns = list(rows[0])
        how(rows)
        with path.open("w", encoding="utf-8", newline="") as file:
            writer = csv.DictWriter(file, columns)
            writer.writeheader()
            writer.writerows(rows)
        return folder

    return change
