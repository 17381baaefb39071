"""`make services`: what it needs, that it serves, and that it stops."""

import json
import os
import subprocess
import sys
import urllib.request

import psutil
import pytest

from tests.processes import ROOT, environment, scratch_database, services


def test_it_names_everything_that_is_missing() -> None:
    needed = ("DATABASE_URL", "REDIS_URL", "SECRET_KEY", "ALLOWED_HOSTS")
    finished = subprocess.run(
        [sys.executable, "-m", "triborough.processes"],
        cwd=ROOT,
        env={name: value for name, value in os.environ.items() if name not in needed},
        capture_output=True,
        text=True,
        check=False,
    )
    assert finished.returncode == 2
    assert [line.split()[0] for line in finished.stderr.splitlines()[1:5]] == list(needed)


@pytest.mark.requires_redis
@pytest.mark.django_db(transaction=True)
def test_it_ends_with_an_error_where_a_process_can_not_start(redis_url: str) -> None:
    with scratch_database() as database:
        finished = subprocess.run(
            [sys.executable, "-m", "triborough.processes"],
            cwd=ROOT,
            env=environment(database, redis_url, BIND="192.0.2.1"),
            capture_output=True,
            text=True,
            timeout=120,
            check=False,
        )
    assert finished.returncode not in (0, 130, 143)
    assert "192.0.2.1" in finished.stdout


@pytest.mark.requires_redis
@pytest.mark.django_db(transaction=True)
def test_it_serves_when_ready_and_leaves_nothing_running(redis_url: str) -> None:
    with scratch_database() as database:
        before = psutil.Process().children(recursive=True)  # a browser of other tests, perhaps
        with services(database, redis_url) as address:
            with urllib.request.urlopen(f"{address}/health/") as response:
                checks = json.load(response)["checks"]
            now = psutil.Process().children(recursive=True)
            started = [process for process in now if process not in before]
            commands = " ".join(" ".join(process.cmdline()) for process in started)
        gone, alive = psutil.wait_procs(started, timeout=20)
    assert checks == {"database": "ok", "migrations": "ok", "schema": "ok", "redis": "ok"}
    assert all(name in commands for name in ("gunicorn", "worker", "beat"))
    assert gone
    assert alive == []
