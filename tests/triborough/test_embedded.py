"""The embedded PostgreSQL, started for real in folders of the test's own."""

import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import psycopg2
import pytest
from django.core.exceptions import ImproperlyConfigured

from triborough import embedded
from triborough.embedded import EmbeddedPostgres

ROOT = Path(__file__).resolve().parents[2]

USER = """
import sys
from pathlib import Path
from triborough.embedded import database_settings
print(database_settings(Path(sys.argv[1]))["HOST"], flush=True)
sys.stdin.read()
"""


def use(folder: Path) -> subprocess.Popen[str]:
    """Another process that uses the server until its standard input is closed."""
    user = subprocess.Popen(
        [sys.executable, "-c", USER, str(folder)],
        cwd=ROOT,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    )
    assert user.stdout is not None
    assert user.stdout.readline().strip() == str(embedded.socket_folder(folder))
    return user


def finish(user: subprocess.Popen[str]) -> None:
    user.communicate("", timeout=60)
    assert user.returncode == 0


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """A short path, whatever the machine calls its temporary folder."""
    folder = tmp_path_factory.mktemp("pg") / ".data" / "postgres"
    yield folder
    assert not EmbeddedPostgres(folder).is_running()


@pytest.fixture
def server(folder: Path) -> Iterator[EmbeddedPostgres]:
    server = EmbeddedPostgres(folder)
    yield server
    server.leave()


def query(server: EmbeddedPostgres, statement: str) -> list[tuple[object, ...]]:
    connection = psycopg2.connect(
        dbname=embedded.NAME, user=embedded.NAME, host=str(server.sockets), port=embedded.PORT
    )
    try:
        connection.autocommit = True
        with connection.cursor() as cursor:
            cursor.execute(statement)
            return cursor.fetchall() if cursor.description else []
    finally:
        connection.close()


def test_it_starts_for_the_first_user_and_stops_after_the_last(server: EmbeddedPostgres) -> None:
    server.join()
    assert query(server, "SELECT current_database()::text") == [("triborough",)]
    server.leave()
    assert not server.is_running()


def test_it_keeps_what_was_written(server: EmbeddedPostgres) -> None:
    server.join()
    query(server, "DROP TABLE IF EXISTS kept")
    query(server, "CREATE TABLE kept AS SELECT 33800000.00 AS amount")
    server.leave()
    server.join()
    assert [str(row[0]) for row in query(server, "SELECT amount FROM kept")] == ["33800000.00"]


def test_it_listens_on_no_network_address(server: EmbeddedPostgres) -> None:
    server.join()
    assert query(server, "SHOW listen_addresses") == [("",)]


def test_only_the_servers_own_folder_gives_access(server: EmbeddedPostgres) -> None:
    server.join()
    assert server.folder.stat().st_mode & 0o077 == 0


def test_it_runs_while_another_process_uses_it(server: EmbeddedPostgres, folder: Path) -> None:
    server.join()
    other = use(folder)
    server.leave()
    assert server.is_running()
    finish(other)
    assert not server.is_running()


def test_two_processes_can_start_it_at_once(folder: Path, server: EmbeddedPostgres) -> None:
    others = [use(folder), use(folder)]
    assert server.is_running()
    for other in others:
        finish(other)
    assert not server.is_running()


def test_it_is_joined_again_after_its_user_was_killed(
    folder: Path, server: EmbeddedPostgres
) -> None:
    killed = use(folder)
    killed.send_signal(signal.SIGKILL)
    killed.communicate()
    before = (folder / "postmaster.pid").read_text().splitlines()[0]
    server.join()
    assert (folder / "postmaster.pid").read_text().splitlines()[0] == before


def test_a_forked_child_does_not_stop_it(folder: Path, server: EmbeddedPostgres) -> None:
    program = USER.replace(
        "sys.stdin.read()", "import os\nif os.fork() == 0: sys.exit()\nos.wait()\nsys.stdin.read()"
    )
    parent = subprocess.Popen(
        [sys.executable, "-c", program, str(folder)],
        cwd=ROOT,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    )
    assert parent.stdout is not None
    parent.stdout.readline()
    time.sleep(0.5)
    assert server.is_running()
    finish(parent)


def test_it_starts_after_a_crash_though_another_program_has_its_number(
    folder: Path, server: EmbeddedPostgres
) -> None:
    server.join()
    server.leave()
    (folder / "postmaster.pid").write_text(f"{os.getpid()}\n{folder}\n")
    server.join()
    assert server.is_running()


def test_it_starts_after_an_interrupted_first_start(tmp_path: Path) -> None:
    unfinished = tmp_path / "postgres.unfinished"
    unfinished.mkdir()
    (unfinished / "PG_VERSION").write_text("18\n")
    server = EmbeddedPostgres(tmp_path / "postgres")
    server.join()
    try:
        assert server.is_running()
        assert not unfinished.exists()
    finally:
        server.leave()


def test_it_uses_a_short_private_folder_where_the_path_is_too_long(tmp_path: Path) -> None:
    deep = tmp_path / ("a-long-name-for-a-folder-" * 4) / "postgres"
    server = EmbeddedPostgres(deep)
    server.join()
    try:
        assert server.sockets != deep
        assert server.is_running()
        assert server.sockets.stat().st_mode & 0o077 == 0
    finally:
        server.leave()
        server.sockets.rmdir()


def test_it_refuses_a_short_folder_that_somebody_else_could_reach(tmp_path: Path) -> None:
    deep = tmp_path / ("another-long-name-for-a-folder-" * 4) / "postgres"
    server = EmbeddedPostgres(deep)
    server.sockets.mkdir()
    server.sockets.chmod(0o777)
    try:
        with pytest.raises(ImproperlyConfigured, match="is not private"):
            server.join()
    finally:
        server.leave()
        server.sockets.rmdir()


def test_a_server_that_can_not_start_says_why(tmp_path: Path) -> None:
    broken = tmp_path / "postgres"
    broken.mkdir()
    (broken / "PG_VERSION").write_text("9.6\n")
    server = EmbeddedPostgres(broken)
    with pytest.raises(ImproperlyConfigured, match=r"pg_ctl failed(.|\n)*DATABASE_URL"):
        server.join()
    server.leave()
