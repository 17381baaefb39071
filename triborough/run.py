"""What `make run` does: runs the whole site on one machine, to try it.

It migrates, loads the published record and the demonstration, prints the address and the
usernames, and serves until interrupted. The next run finds everything as it was left.
"""

import io
import os
import signal
import socket
import sys
import time
from types import FrameType

import django
from django.core.management import call_command

from triborough import trial

ADDRESS = "127.0.0.1"

WELCOME = """
  Tri-borough is at http://localhost:{port}/
  and its API is described at http://localhost:{port}/api/v1/docs/

{users}

  The password of the demonstration's users is {password}

  Ctrl-C stops it. What you enter is kept for the next `make run`.
"""


def main() -> None:
    port = chosen_port()
    # Needed if a shell started this in the background, which ignores Ctrl-C's signal.
    signal.signal(signal.SIGINT, interrupt)
    signal.signal(signal.SIGTERM, interrupt)
    os.environ["DJANGO_SETTINGS_MODULE"] = "triborough.settings"
    os.environ.setdefault("LOG_LEVEL", "WARNING")
    trial.use()
    if os.environ.pop("REDIS_URL", ""):
        say("REDIS_URL is ignored: `make run` has no workers. `make services` has.")
    if os.environ.get("DATABASE_URL"):
        say("Using the database of DATABASE_URL")
    else:
        say("Starting PostgreSQL in .data")
    started = time.monotonic()
    django.setup()
    from triborough import schema

    say("Bringing the database up to date")
    call_command("migrate", verbosity=0)
    if refusal := schema.refusal():
        sys.exit(refusal)
    call_command("load_record")
    call_command("load_demonstration")
    say(f"Ready after {time.monotonic() - started:.1f} seconds")
    say(welcome(port))
    banner = io.StringIO()  # hides its message, since `welcome` has said it already
    # Checked first, so that problems show now, and the site is loaded before the first page.
    call_command(
        "runserver", f"{ADDRESS}:{port}", use_reloader=False, skip_checks=False, stdout=banner
    )


def welcome(port: int) -> str:
    """The address of the site, and the users to sign in as."""
    from django.conf import settings

    from sovereignty.models import Appointment

    rows = [("Sign in as", "who is"), ("----------", "------")]
    for held in Appointment.objects.select_related("user", "council").order_by("user__username"):
        council = f", {held.council}" if held.council else ""
        rows.append((held.user.username, held.get_role_display() + council))
    users = "\n".join(f"  {username:<18}  {who}" for username, who in rows)
    return WELCOME.format(port=port, users=users, password=settings.DEMO_PASSWORD)


def chosen_port() -> int:
    """PORT, or 8000. A port that another program uses is refused before any work."""
    given = os.environ.get("PORT") or "8000"
    if not (given.isascii() and given.isdecimal() and 0 < int(given) < 65536):
        sys.exit(f"PORT is {given!r}; it must be a number from 1 to 65535.")
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((ADDRESS, int(given)))
        except OSError as error:
            sys.exit(f"Port {given} can't be used ({error.strerror}). Choose another: PORT=8001")
    return int(given)


def interrupt(signum: int, frame: FrameType | None) -> None:
    """Ctrl-C, or another request to stop."""
    raise KeyboardInterrupt


def say(text: str) -> None:
    print(text, flush=True)


if __name__ == "__main__":
    try:
        main()
    except KeyboardInterrupt:
        say("Stopped")
