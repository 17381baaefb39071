"""The settings of a site on trial: used where nothing else is configured, and only there."""

import os
from pathlib import Path

import pytest

from triborough import trial


@pytest.fixture(autouse=True)
def checkout(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A checkout where `make run` has not been run yet, and an empty environment."""
    for name in ("SECRET_KEY", "DATABASE_URL", "DEBUG"):
        monkeypatch.setenv(name, "")  # so that it is put back whatever the test sets
        monkeypatch.delenv(name)
    monkeypatch.setattr(trial, "SECRET_KEY", tmp_path / ".data" / "secret-key")
    return tmp_path


def test_the_key_is_made_once_and_nobody_else_may_read_it(checkout: Path) -> None:
    path = checkout / ".data" / "secret-key"
    first = trial.secret_key(path)
    assert len(first) >= 50
    assert trial.secret_key(path) == first
    assert path.stat().st_mode & 0o077 == 0


def test_a_trial_switches_debug_on() -> None:
    trial.use()
    assert os.environ["DEBUG"] == "true"
    assert os.environ["SECRET_KEY"]


def test_settings_of_the_environment_stay(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DEBUG", "false")
    monkeypatch.setenv("SECRET_KEY", "of the environment")
    trial.use()
    assert os.environ["DEBUG"] == "false"
    assert os.environ["SECRET_KEY"] == "of the environment"


def test_a_command_finds_the_site_of_make_run(checkout: Path) -> None:
    trial.secret_key(checkout / ".data" / "secret-key")
    trial.use_where_nothing_else_is_configured()
    assert os.environ["DEBUG"] == "true"


def test_a_command_where_make_run_has_never_been_finds_nothing() -> None:
    trial.use_where_nothing_else_is_configured()
    assert "DEBUG" not in os.environ


@pytest.mark.parametrize("name", ["SECRET_KEY", "DATABASE_URL", "DEBUG"])
def test_a_command_of_a_configured_site_never_becomes_a_trial(
    checkout: Path, monkeypatch: pytest.MonkeyPatch, name: str
) -> None:
    trial.secret_key(checkout / ".data" / "secret-key")
    monkeypatch.setenv(name, "something")
    trial.use_where_nothing_else_is_configured()
    assert {key for key in ("SECRET_KEY", "DATABASE_URL", "DEBUG") if key in os.environ} == {name}
