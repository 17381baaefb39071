"""What the measurements share: a scratch database, a clock, memory, and a report between marks."""

from __future__ import annotations

import gc
import os
import sys
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from statistics import median
from time import perf_counter

_STATUS, _RESET = Path("/proc/self/status"), Path("/proc/self/clear_refs")


def set_up() -> None:
    """Django with its default settings, without a queue."""
    os.environ.setdefault("DEBUG", "true")
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "triborough.settings")
    os.environ.setdefault("LOG_LEVEL", "WARNING")
    os.environ.pop("REDIS_URL", None)
    import django
    from django.test.utils import setup_test_environment

    django.setup()
    setup_test_environment(debug=False)


@contextmanager
def scratch_database() -> Iterator[str]:
    """The name of a database that is made for this run, migrated, and dropped at the end."""
    from django.conf import settings
    from django.db import connection

    name = settings.DATABASES["default"]["NAME"]
    connection.settings_dict["TEST"]["NAME"] = f"bench_{name}_{os.getpid()}"
    scratch = connection.creation.create_test_db(verbosity=0, autoclobber=True, serialize=False)
    try:
        yield scratch
    finally:
        connection.creation.destroy_test_db(name, verbosity=0)


def tidy() -> None:
    """What the server does by itself after a while: remove dead rows, and count the others."""
    from django.db import connection

    with connection.cursor() as cursor:
        cursor.execute("VACUUM ANALYZE")


def server_version() -> str:
    from django.db import connection

    with connection.cursor() as cursor:
        cursor.execute("SHOW server_version")
        return str(cursor.fetchone()[0].split()[0])


def seconds(work: Callable[[], object]) -> float:
    gc.collect()
    start = perf_counter()
    work()
    return perf_counter() - start


def memory_mb() -> float | None:
    """The megabytes that the process uses now; None if not on Linux."""
    return _status("VmRSS")


def peak_mb(work: Callable[[], object]) -> float | None:
    """The most megabytes that the process uses during the work; None if not on Linux."""
    gc.collect()
    if _RESET.exists():
        _RESET.write_text("5")
    work()
    return _status("VmHWM")


def _status(name: str) -> float | None:
    if not _RESET.exists():
        return None
    line = next(line for line in _STATUS.read_text().splitlines() if line.startswith(name))
    return int(line.split()[1]) / 1024


def spread(times: Sequence[float]) -> str:
    """The median of times, with the shortest and the longest."""
    return f"{time(median(times))} ({time(min(times))} to {time(max(times))})"


def plain_spread(values: Sequence[float]) -> str:
    return f"{median(values):.2f} ({min(values):.2f} to {max(values):.2f})"


def time(seconds: float) -> str:
    return f"{seconds:.2f} s" if seconds >= 1 else f"{seconds * 1000:.0f} ms"


def put(path: Path, name: str, report: str) -> None:
    """Write the report between the marks of that name in a file, and change nothing else."""
    begin, end = f"<!-- {name}: begin -->", f"<!-- {name}: end -->"
    text = path.read_text(encoding="utf-8")
    before, found, rest = text.partition(begin)
    _, closed, after = rest.partition(end)
    if not found or not closed:
        raise SystemExit(f"{path} has no marks {begin} and {end} to write between.")
    path.write_text(f"{before}{begin}\n{report}\n{end}{after}", encoding="utf-8")


def say(what: str) -> None:
    print(what, file=sys.stderr, flush=True)
