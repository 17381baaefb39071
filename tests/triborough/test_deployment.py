"""What the files for deployment promise: no secret with a default, health checks, one image."""

import http.server
import subprocess
import sys
import threading
from contextlib import nullcontext
from datetime import timedelta
from io import StringIO
from pathlib import Path
from typing import Any

import pytest
import yaml
from django.apps import apps
from django.core.management import CommandError, call_command
from django.utils import timezone
from django_celery_beat.models import IntervalSchedule, PeriodicTask

from sovereignty.models import Council, User
from tests.processes import environment
from triborough.probe import lives

ROOT = Path(__file__).resolve().parents[2]


@pytest.fixture(scope="module")
def compose() -> dict[str, Any]:
    loaded: dict[str, Any] = yaml.safe_load((ROOT / "docker-compose.yml").read_text())
    return loaded


def test_no_secret_has_a_default(compose: dict[str, Any]) -> None:
    secrets = {
        (service, name): str(value)
        for service, of in compose["services"].items()
        for name, value in of["environment"].items()
        if any(word in name for word in ("SECRET", "PASSWORD", "DATABASE", "REDIS"))
    }
    assert {name for _, name in secrets} == {
        "DATABASE_URL",
        "POSTGRES_PASSWORD",
        "REDIS_PASSWORD",
        "REDIS_URL",
        "SECRET_KEY",
    }
    assert [name for name, value in secrets.items() if ":?" not in value] == []
    assert [name for name, value in secrets.items() if ":-" in value] == []


def test_web_worker_and_scheduler_run_one_image_with_a_health_check_each(
    compose: dict[str, Any],
) -> None:
    services = compose["services"]
    assert {services[name]["image"] for name in ("web", "worker", "beat", "migrate")} == {
        "tri-borough"
    }
    assert [name for name, service in services.items() if "healthcheck" not in service] == ["web"]
    assert "HEALTHCHECK" in (ROOT / "Dockerfile").read_text()  # what web goes by


def test_nothing_serves_before_the_database_is_migrated(compose: dict[str, Any]) -> None:
    for name in ("web", "worker", "beat"):
        ready = compose["services"][name]["depends_on"]
        assert ready["migrate"] == {"condition": "service_completed_successfully"}


def test_nothing_is_loaded_unless_load_says_so(compose: dict[str, Any]) -> None:
    migrate = compose["services"]["migrate"]
    assert migrate["environment"]["LOAD"] == "${LOAD:-}"
    assert migrate["command"] == (
        'sh -c "python manage.py migrate --no-input && python manage.py check_schema '
        '&& python manage.py load_chosen"'
    )


@pytest.mark.django_db
def test_without_load_the_database_stays_empty(settings: Any) -> None:
    out = StringIO()
    call_command("load_chosen", stdout=out)
    assert out.getvalue() == "Nothing is loaded, because LOAD is not set.\n"
    assert not Council.objects.exists()


@pytest.mark.django_db
def test_load_chooses_the_record(settings: Any) -> None:
    settings.LOAD, settings.DEBUG = "record", False
    out = StringIO()
    call_command("load_chosen", stdout=out)
    assert out.getvalue().startswith("The record: 1172 figures")
    assert Council.objects.count() == 3
    assert not User.objects.exists()


@pytest.mark.django_db
@pytest.mark.parametrize(("debug", "people"), [(True, 11), (False, 0)])
def test_load_chooses_the_demonstration_only_where_debug_is_on(
    settings: Any, debug: bool, people: int
) -> None:
    settings.LOAD, settings.DEBUG = "demonstration", debug
    with nullcontext() if debug else pytest.raises(CommandError, match="DEBUG is off"):
        call_command("load_chosen", stdout=StringIO())
    assert User.objects.count() == people


def test_another_word_in_load_is_refused_with_the_words_there_are() -> None:
    finished = subprocess.run(
        [sys.executable, "manage.py", "load_chosen"],
        cwd=ROOT,
        env=environment("postgres://localhost/none", LOAD="demo"),
        capture_output=True,
        text=True,
        check=False,
    )
    assert finished.returncode != 0
    assert "LOAD is 'demo'. Set it to “record” to load the published record" in finished.stderr


def test_the_image_does_not_run_as_root() -> None:
    stages = (ROOT / "Dockerfile").read_text().split("\nFROM ")
    assert "\nUSER triborough\n" in stages[-1]


def test_the_image_has_every_app_and_nothing_local() -> None:
    taken = [
        line.removeprefix("!")
        for line in (ROOT / ".dockerignore").read_text().splitlines()
        if line.startswith("!")
    ]
    own = {
        Path(app.path).relative_to(ROOT).parts[0]
        for app in apps.get_app_configs()
        if Path(app.path).is_relative_to(ROOT) and ".venv" not in app.path
    }
    assert own - set(taken) == set()
    assert [name for name in taken if not (ROOT / name).exists()] == []
    assert {".data", ".venv", ".env", ".git"} & set(taken) == set()


@pytest.fixture
def sweep(db: None) -> PeriodicTask:
    every = IntervalSchedule.objects.create(every=1, period=IntervalSchedule.MINUTES)
    return PeriodicTask.objects.create(name="sweep", task="sweep", interval=every)


def test_a_scheduler_that_sends_is_healthy(sweep: PeriodicTask) -> None:
    PeriodicTask.objects.update(last_run_at=timezone.now() - timedelta(minutes=9))
    call_command("check_beat")


@pytest.mark.parametrize("minutes", [11, 600])
def test_a_silent_scheduler_is_unhealthy(sweep: PeriodicTask, minutes: int) -> None:
    PeriodicTask.objects.update(last_run_at=timezone.now() - timedelta(minutes=minutes))
    with pytest.raises(CommandError, match="has sent nothing since"):
        call_command("check_beat")


def test_a_scheduler_that_never_sent_anything_is_unhealthy(sweep: PeriodicTask) -> None:
    with pytest.raises(CommandError, match="has sent nothing yet"):
        call_command("check_beat")


@pytest.mark.parametrize(("status", "found"), [(200, True), (503, False)])
def test_the_probe_accepts_only_a_200(status: int, found: bool) -> None:
    class Site(http.server.BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            self.send_response(status if self.path == "/health/live/" else 404)
            self.end_headers()

    with http.server.HTTPServer(("127.0.0.1", 0), Site) as server:
        thread = threading.Thread(target=server.handle_request)
        thread.start()
        assert lives(server.server_port) is found
        thread.join()


def test_the_probe_fails_where_nothing_listens() -> None:
    assert not lives(1)
