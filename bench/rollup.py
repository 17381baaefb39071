"""Measure the rollup and the comparison page on made-up worlds: `python -m bench.rollup`.

In one run, on scratch databases made beside DATABASE_URL's (or in the embedded
PostgreSQL) and dropped afterwards, for each size:

- the yardstick: a bare COPY out of the entries, pandas reading and summing them, and a
  COPY of the rollup's own fact rows into a plain table without indexes;
- a full rollup, as a ratio to the yardstick of the same repetition;
- an incremental rollup after one certification, as a ratio to the full;
- the comparison page's queries, and its time in the server;
- the memory that a full rollup takes beyond what the process had.

Prints a table in Markdown; with `--write FILE`, puts it between the marks in that file.
"""

from __future__ import annotations

import argparse
import gc
import io
import os
import platform
import sys
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from statistics import median
from time import perf_counter
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from bench.generate import World

BEGIN, END = "<!-- bench: begin -->", "<!-- bench: end -->"
SIZES = (10_000, 100_000)

_ENTRIES_OUT = """COPY (
    SELECT e.id, e.parent_id, e.service_id, r.council_id, p.quarter, e.kind, e.scope,
           (e.amount * 100)::bigint AS pence, e.cause, e.caused_by_id, e.tupe, e.corrects_id
    FROM savings_entry e
    JOIN savings_return r ON r.id = e.parent_id
    JOIN savings_period p ON p.id = r.period_id
    WHERE r.status = 'certified'
) TO STDOUT (FORMAT csv, HEADER)"""
_FACT_COLUMNS = "entry_id, parent_id, council_id, pence, rule_id, illustrative"


@dataclass
class Measured:
    """All repetitions at one size; seconds, unless named otherwise."""

    world: World
    server: str
    facts: int = 0
    yardstick: list[float] = field(default_factory=list)
    full: list[float] = field(default_factory=list)
    ratio: list[float] = field(default_factory=list)
    incremental: list[float] = field(default_factory=list)
    incremental_entries: int = 0
    page: list[float] = field(default_factory=list)
    page_queries: int = 0
    memory_mb: float | None = None


def main(arguments: Sequence[str] | None = None) -> None:
    """Measure every size and print, or write, what was found."""
    options = _options(arguments)
    os.environ.setdefault("DEBUG", "true")
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "triborough.settings")
    os.environ.setdefault("LOG_LEVEL", "WARNING")
    os.environ.pop("REDIS_URL", None)
    import django
    from django.test.utils import setup_test_environment

    django.setup()
    setup_test_environment(debug=False)
    results = [measure(size, options.repetitions) for size in options.sizes]
    report = table(results, options.repetitions)
    print(report)
    if options.write:
        _put(Path(options.write), report)


def measure(size: int, repetitions: int) -> Measured:
    """Everything about one size, in a database of its own."""
    from bench.generate import generate

    with scratch_database():
        _say(f"{size:,} entries: making the world")
        measured = Measured(generate(size, waiting=repetitions), _server_version())
        _tidy()
        _roll_up_in_full()
        measured.memory_mb = _peak_memory(_roll_up_in_full)
        facts = _facts_as_text()
        measured.facts = facts.count(b"\n")
        _yardstick(facts)
        for repetition in range(1, repetitions + 1):
            _say(f"{size:,} entries: full rollup {repetition} of {repetitions}")
            yardstick = _seconds(lambda: _yardstick(facts))
            full = _seconds(_roll_up_in_full)
            measured.yardstick.append(yardstick)
            measured.full.append(full)
            measured.ratio.append(full / yardstick)
        _tidy()
        _say(f"{size:,} entries: the comparison page")
        measured.page, measured.page_queries = _comparison(measured.world, 50)
        _say(f"{size:,} entries: incremental rollups")
        measured.incremental, measured.incremental_entries = _incremental(measured.world)
        _check_that_full_agrees()
        return measured


@contextmanager
def scratch_database() -> Iterator[None]:
    """A database made for this run, migrated, and dropped at the end."""
    from django.conf import settings
    from django.db import connection

    name = settings.DATABASES["default"]["NAME"]
    connection.settings_dict["TEST"]["NAME"] = f"bench_{name}_{os.getpid()}"
    connection.creation.create_test_db(verbosity=0, autoclobber=True, serialize=False)
    try:
        yield
    finally:
        connection.creation.destroy_test_db(name, verbosity=0)


# --- What is timed -------------------------------------------------------------------


def _yardstick(facts: bytes) -> None:
    import pandas as pd
    from django.db import connection, transaction

    with transaction.atomic(), connection.cursor() as cursor:
        out = io.BytesIO()
        cursor.copy_expert(_ENTRIES_OUT, out)
        out.seek(0)
        entries = pd.read_csv(out)
        entries.groupby(["service_id", "council_id", "quarter", "kind"])["pence"].sum()
        cursor.execute("CREATE TABLE bench_fact AS SELECT * FROM savings_fact WITH NO DATA")
        cursor.copy_expert(f"COPY bench_fact ({_FACT_COLUMNS}) FROM STDIN", io.BytesIO(facts))
    with connection.cursor() as cursor:
        cursor.execute("DROP TABLE bench_fact")


def _roll_up_in_full() -> None:
    from django.utils import timezone

    from savings.rollup.actions import roll_up_everything

    roll_up_everything(at=timezone.now())


def _incremental(world: World) -> tuple[list[float], int]:
    """Certify the waiting returns one by one, and time the rollup after each."""
    from django.utils import timezone

    from savings.returns.actions import certify
    from savings.returns.models import Entry, Return
    from savings.rollup.actions import roll_up_dirty

    times = []
    for return_id, certifier in world.waiting:
        version = Return.objects.get(id=return_id).version
        certify(return_id=return_id, version=version, by=certifier, at=timezone.now())
        times.append(_seconds(lambda: roll_up_dirty(at=timezone.now())))
    return times, Entry.objects.filter(parent=world.waiting[0][0]).count()


def _comparison(world: World, times: int) -> tuple[list[float], int]:
    """Seconds of each of many requests by one signed-in person, and queries of one."""
    from django.db import connection
    from django.test import Client
    from django.test.utils import CaptureQueriesContext
    from django.urls import reverse

    client, address = Client(), reverse("comparison")
    client.force_login(world.reader, "django.contrib.auth.backends.ModelBackend")
    with CaptureQueriesContext(connection) as captured:
        response = client.get(address)
    queries = len(captured)
    if response.status_code != 200:
        raise RuntimeError(f"The comparison answered {response.status_code}.")
    return [_seconds(lambda: client.get(address)) for _ in range(times)], queries


def _check_that_full_agrees() -> None:
    from savings.rollup.models import RollupState

    before = RollupState.objects.get().digest
    _roll_up_in_full()
    if RollupState.objects.get().digest != before:
        raise RuntimeError("The incremental rollups and the full one disagree.")


def _facts_as_text() -> bytes:
    from django.db import connection

    out = io.BytesIO()
    with connection.cursor() as cursor:
        cursor.copy_expert(f"COPY savings_fact ({_FACT_COLUMNS}) TO STDOUT", out)
    return out.getvalue()


def _tidy() -> None:
    """What the server does by itself in time: forget dead rows, and count the others."""
    from django.db import connection

    with connection.cursor() as cursor:
        cursor.execute("VACUUM ANALYZE")


def _server_version() -> str:
    from django.db import connection

    with connection.cursor() as cursor:
        cursor.execute("SHOW server_version")
        return str(cursor.fetchone()[0].split()[0])


def _seconds(work: Callable[[], object]) -> float:
    gc.collect()
    start = perf_counter()
    work()
    return perf_counter() - start


def _peak_memory(work: Callable[[], object]) -> float | None:
    """Megabytes that the process grew to at most while at work; None where not on Linux."""
    status, reset = Path("/proc/self/status"), Path("/proc/self/clear_refs")
    if not reset.exists():
        return None

    def read(name: str) -> int:
        line = next(line for line in status.read_text().splitlines() if line.startswith(name))
        return int(line.split()[1])

    gc.collect()
    reset.write_text("5")
    before = read("VmRSS")
    work()
    return (read("VmHWM") - before) / 1024


# --- What is written -----------------------------------------------------------------


def table(results: Sequence[Measured], repetitions: int) -> str:
    """The results in Markdown, a column for each size."""
    rows: list[tuple[str, Callable[[Measured], str]]] = [
        ("Certified entries", lambda m: f"{m.world.entries:,}"),
        ("Returns", lambda m: f"{m.world.returns:,}"),
        ("Facts (entry × council)", lambda m: f"{m.facts:,}"),
        ("Yardstick: COPY out, pandas, COPY in", lambda m: _spread(m.yardstick)),
        ("Full rollup", lambda m: _spread(m.full)),
        ("**Full rollup ÷ yardstick**", lambda m: f"**{_plain_spread(m.ratio)}**"),
        (
            "Incremental rollup after one certification",
            lambda m: f"{_spread(m.incremental)}, {m.incremental_entries} entries",
        ),
        (
            "**Incremental ÷ full**",
            lambda m: f"**{median(m.incremental) / median(m.full):.4f}**",
        ),
        ("Comparison page: queries", lambda m: str(m.page_queries)),
        ("Comparison page: time in the server", lambda m: _spread(m.page)),
        (
            "Memory taken by a full rollup",
            lambda m: "not measured" if m.memory_mb is None else f"{m.memory_mb:.0f} MB",
        ),
    ]
    lines = [
        _machine(results[0], repetitions),
        "",
        f"| | {' | '.join(f'{m.world.entries:,} entries' for m in results)} |",
        f"|---|{'---:|' * len(results)}",
        *(f"| {name} | {' | '.join(show(m) for m in results)} |" for name, show in rows),
    ]
    return "\n".join(lines)


def _machine(measured: Measured, repetitions: int) -> str:
    import django
    import pandas as pd

    world = measured.world
    return (
        f"{os.cpu_count()} processors ({platform.machine()}), the server on the same machine; "
        f"Python {platform.python_version()}, Django {django.__version__}, "
        f"pandas {pd.__version__}, PostgreSQL {measured.server}. {world.councils} councils, "
        f"{world.services} services, {world.rules} rules, {world.quarters} quarters. "
        f"Medians of {repetitions} repetitions (of the page, 50), with the least and the most."
    )


def _spread(times: Sequence[float]) -> str:
    return f"{_time(median(times))} ({_time(min(times))} to {_time(max(times))})"


def _plain_spread(values: Sequence[float]) -> str:
    return f"{median(values):.2f} ({min(values):.2f} to {max(values):.2f})"


def _time(seconds: float) -> str:
    return f"{seconds:.2f} s" if seconds >= 1 else f"{seconds * 1000:.0f} ms"


def _put(path: Path, report: str) -> None:
    """Between the marks of a file, leaving all else as it is."""
    text = path.read_text(encoding="utf-8")
    before, found, rest = text.partition(BEGIN)
    _, closed, after = rest.partition(END)
    if not found or not closed:
        raise SystemExit(f"{path} has no marks {BEGIN} and {END} to write between.")
    path.write_text(f"{before}{BEGIN}\n{report}\n{END}{after}", encoding="utf-8")


def _say(what: str) -> None:
    print(what, file=sys.stderr, flush=True)


def _options(arguments: Sequence[str] | None) -> Any:
    parser = argparse.ArgumentParser(prog="python -m bench.rollup", description=__doc__)
    parser.add_argument("--sizes", type=int, nargs="+", default=SIZES, help="entries to measure")
    parser.add_argument("--repetitions", type=int, default=7, help="of everything but the page")
    parser.add_argument("--write", metavar="FILE", help="put the table into this file")
    return parser.parse_args(arguments)


if __name__ == "__main__":
    main()
