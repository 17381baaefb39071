"""How email is set up by the environment, and what a deployment without it does."""

from __future__ import annotations

import json
import subprocess
import sys

import pytest

from tests.processes import ROOT, environment

NAMES = (
    "EMAIL_BACKEND",
    "EMAIL_HOST",
    "EMAIL_PORT",
    "EMAIL_HOST_USER",
    "EMAIL_HOST_PASSWORD",
    "EMAIL_USE_TLS",
    "EMAIL_USE_SSL",
    "SENDS_EMAIL",
    "SITE_URL",
    "DEFAULT_FROM_EMAIL",
)
SCRIPT = f"""
import json
from triborough import settings
print(json.dumps({{name: getattr(settings, name) for name in {NAMES!r}}}))
"""
OURS = ("EMAIL_URL", "EMAIL_FROM", "SITE_URL", "PORT")


def settings_of(**given: str) -> dict[str, object]:
    """The settings that a process with this environment has."""
    whole = environment("postgres://localhost/none", **given)
    kept = {name: value for name, value in whole.items() if name in given or name not in OURS}
    finished = subprocess.run(
        [sys.executable, "-c", SCRIPT], cwd=ROOT, env=kept, check=True, capture_output=True
    )
    found: dict[str, object] = json.loads(finished.stdout)
    return found


def test_a_deployment_with_a_mail_server_sends_through_it() -> None:
    assert settings_of(
        EMAIL_URL="smtp+tls://me%40example.com:a%2Fb@mail.example.com",
        HTTPS="true",
        ALLOWED_HOSTS=".example.gov.uk,savings.example.gov.uk",
    ) == {
        "EMAIL_BACKEND": "django.core.mail.backends.smtp.EmailBackend",
        "EMAIL_HOST": "mail.example.com",
        "EMAIL_PORT": 587,
        "EMAIL_HOST_USER": "me@example.com",
        "EMAIL_HOST_PASSWORD": "a/b",
        "EMAIL_USE_TLS": True,
        "EMAIL_USE_SSL": False,
        "SENDS_EMAIL": True,
        "SITE_URL": "https://savings.example.gov.uk",
        "DEFAULT_FROM_EMAIL": "Tri-borough <tri-borough@savings.example.gov.uk>",
    }


def test_a_deployment_without_a_mail_server_sends_nothing() -> None:
    found = settings_of()
    assert found["EMAIL_BACKEND"] == "django.core.mail.backends.dummy.EmailBackend"
    assert found["SENDS_EMAIL"] is False
    assert settings_of(EMAIL_URL="") == found


def test_on_one_machine_emails_are_printed() -> None:
    found = settings_of(DEBUG="true", PORT="8001")
    assert found["EMAIL_BACKEND"] == "django.core.mail.backends.console.EmailBackend"
    assert found["SENDS_EMAIL"] is True
    assert found["SITE_URL"] == "http://localhost:8001"


@pytest.mark.parametrize(
    ("given", "name", "value"),
    [
        ({"SITE_URL": "https://a.example/"}, "SITE_URL", "https://a.example"),
        ({"ALLOWED_HOSTS": "*"}, "SITE_URL", "http://localhost:8000"),
        ({"EMAIL_FROM": "a@b.example"}, "DEFAULT_FROM_EMAIL", "a@b.example"),
        ({"EMAIL_URL": "smtp+ssl://mail.example.com"}, "EMAIL_PORT", 465),
        ({"EMAIL_URL": "smtp://mail.example.com"}, "EMAIL_PORT", 25),
        ({"EMAIL_URL": "smtp://mail.example.com:2525"}, "EMAIL_PORT", 2525),
    ],
)
def test_each_variable_gives_its_setting(given: dict[str, str], name: str, value: object) -> None:
    assert settings_of(**given)[name] == value
