"""What `make services` does: runs the site as in production, on one machine.

gunicorn, a Celery worker and the scheduler are separate processes, and PostgreSQL and Redis are
given by URL. First it migrates, checks the schema, loads what LOAD says (nothing if it is not
set) and collects the static files. It stops all
processes when one stops, and on Ctrl-C. The exit code is 0 if it was asked to stop, or that of
the process that ended first.
"""

import os
import sys
from pathlib import Path

import django
from django.core.management import CommandError, call_command
from honcho.manager import Manager

NEEDED = (
    (
        "DATABASE_URL",
        "the PostgreSQL to use, such as postgres://user:password@localhost/triborough",
    ),
    ("REDIS_URL", "the Redis to use, such as redis://localhost:6379/0"),
    ("SECRET_KEY", "a long random text that only this deployment knows"),
    ("ALLOWED_HOSTS", "the names that people reach the site by, separated by commas"),
)
PROCESSES = {
    "web": "gunicorn triborough.wsgi",
    "worker": "celery --app triborough worker --loglevel INFO --concurrency {concurrency}",
    "beat": "celery --app triborough beat --loglevel INFO --pidfile=",
}
ASKED_TO_STOP = (130, 143)


def main() -> int:
    """Start everything, and wait until it ends."""
    if explanation := explain_missing():
        sys.stderr.write(explanation)
        return 2
    os.environ["DJANGO_SETTINGS_MODULE"] = "triborough.settings"
    programs = Path(sys.executable).parent
    os.environ["PATH"] = f"{programs}{os.pathsep}{os.environ.get('PATH', os.defpath)}"
    django.setup()
    from triborough import schema

    call_command("migrate", verbosity=1)
    if refusal := schema.refusal():
        sys.stderr.write(refusal)
        return 1
    try:
        call_command("load_chosen")
    except CommandError as refusal:
        sys.stderr.write(f"{refusal}\n")
        return 1
    call_command("collectstatic", interactive=False, verbosity=1)
    manager = Manager()
    concurrency = os.environ.get("WORKER_CONCURRENCY", "2")
    for name, command in PROCESSES.items():
        environment = {**os.environ, "PYTHONUNBUFFERED": "1"}
        manager.add_process(name, command.format(concurrency=concurrency), env=environment)
    manager.loop()
    return 0 if manager.returncode in ASKED_TO_STOP else manager.returncode or 1


def explain_missing() -> str:
    """Every variable that is not set, with its purpose; empty if all are set."""
    lines = [f"  {name:<14} {what}" for name, what in NEEDED if not os.environ.get(name)]
    if not lines:
        return ""
    return (
        "`make services` runs the site as in production, and needs from the environment:\n"
        + "\n".join(lines)
        + "\nWithout TLS, set HTTPS=false too. To try the site, use `make run`.\n"
    )


if __name__ == "__main__":
    sys.exit(main())
