"""The site as `make services` runs it, on a scratch database, for a test to visit.

    with scratch_database() as database, services(database, redis_url) as address:
        page.goto(address)

`address` answers when the block begins: web, worker and scheduler run as processes of their
own, and stop with the block. A `manage(database, …)` beside it runs a command there.
"""

import os
import secrets
import signal
import socket
import subprocess
import sys
import time
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from functools import cache
from pathlib import Path
from urllib.error import URLError
from urllib.parse import quote, urlsplit, urlunsplit

from django.db import connection
from psycopg2 import sql

ROOT = Path(__file__).resolve().parents[1]
READY_SECONDS = 120
STOP_SECONDS = 30


@contextmanager
def scratch_database(like: str = "template1") -> Iterator[str]:
    """The URL of a database beside the tests' own, dropped afterwards; see `create_database`."""
    database = create_database(like)
    try:
        yield database
    finally:
        drop_database(database)


def create_database(like: str = "template1") -> str:
    """The URL of a new database: empty, or a copy of the one whose URL is given."""
    name = f"scratch_{secrets.token_hex(6)}"
    names = {"name": sql.Identifier(name), "like": sql.Identifier(_name_in(like))}
    with connection.cursor() as cursor:
        cursor.execute(sql.SQL("CREATE DATABASE {name} TEMPLATE {like}").format(**names))
        # Like the tests' own: nobody needs it after a power cut.
        cursor.execute(
            sql.SQL("ALTER DATABASE {name} SET synchronous_commit = off").format(**names)
        )
    return url_of(name)


def drop_database(database: str) -> None:
    """Drop a database that was created here, even if somebody is connected to it."""
    name = sql.Identifier(_name_in(database))
    with connection.cursor() as cursor:
        cursor.execute(sql.SQL("DROP DATABASE {} WITH (FORCE)").format(name))


def _name_in(url: str) -> str:
    return urlsplit(url).path.strip("/")


def url_of(name: str) -> str:
    """The URL of a database on the server that the tests use."""
    where = connection.settings_dict
    person = quote(where["USER"], safe="")
    if where["PASSWORD"]:
        person += f":{quote(where['PASSWORD'], safe='')}"
    host, port = where["HOST"] or "localhost", where["PORT"] or 5432
    if host.startswith("/"):
        return f"postgres://{person}@/{name}?host={quote(host)}"
    return f"postgres://{person}@{host}:{port}/{name}"


def environment(database: str, redis_url: str = "", **more: str) -> dict[str, str]:
    """What a deployment without TLS sets, without the settings of these tests."""
    own = {"DATABASE_URL", "REDIS_URL", "DEBUG", "HTTPS", "DJANGO_SETTINGS_MODULE"}
    return {
        **{name: value for name, value in os.environ.items() if name not in own},
        "DATABASE_URL": database,
        "SECRET_KEY": secrets.token_urlsafe(50),
        "ALLOWED_HOSTS": "localhost,127.0.0.1",
        "HTTPS": "false",
        **({"REDIS_URL": redis_url} if redis_url else {}),
        **more,
    }


def manage(database: str, *arguments: str, **more: str) -> str:
    """Run a management command on that database and return what it printed; raise if it fails."""
    return subprocess.run(
        [sys.executable, "manage.py", *arguments],
        cwd=ROOT,
        env=environment(database, **more),
        check=True,
        stdout=subprocess.PIPE,
        text=True,
    ).stdout


@contextmanager
def services(database: str, redis_url: str, **more: str) -> Iterator[str]:
    """The address of the site, served by processes of its own until the block ends."""
    port = free_port()
    everything = environment(
        database, own_redis(redis_url), PORT=str(port), WEB_CONCURRENCY="2", **more
    )
    running = subprocess.Popen(
        [sys.executable, "-m", "triborough.processes"],
        cwd=ROOT,
        env=everything,
        stdin=subprocess.DEVNULL,
        start_new_session=True,
    )
    address = f"http://localhost:{port}"
    try:
        wait_until_ready(running, f"{address}/health/")
        yield address
    finally:
        stop(running)


def free_port() -> int:
    """A port that nothing listens on."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


@cache
def own_redis(redis_url: str) -> str:
    """A numbered database of that Redis which no other process of the tests uses."""
    from tests.alone import first_unclaimed

    parts = urlsplit(redis_url)
    first = int(parts.path.strip("/") or 0)
    addresses = (urlunsplit(parts._replace(path=f"/{(first + n) % 16}")) for n in range(16))
    return first_unclaimed("redis", addresses)


def wait_until_ready(running: subprocess.Popen[bytes], address: str) -> None:
    deadline = time.monotonic() + READY_SECONDS
    while time.monotonic() < deadline:
        if running.poll() is not None:
            raise RuntimeError(f"the services ended with exit code {running.returncode}")
        try:
            with urllib.request.urlopen(address, timeout=5) as response:
                if response.status == 200:
                    return
        except (URLError, OSError):
            time.sleep(0.2)
    raise TimeoutError(f"{address} was not ready within {READY_SECONDS} seconds")


def stop(running: subprocess.Popen[bytes]) -> None:
    if running.poll() is None:
        running.send_signal(signal.SIGTERM)
        try:
            running.wait(STOP_SECONDS)
        except subprocess.TimeoutExpired:
            os.killpg(running.pid, signal.SIGKILL)
            running.wait()
            raise
