"""Measures the rollup and the comparison page with made-up data: `python -m bench.rollup`.

One run makes scratch databases on the server of DATABASE_URL (or in the embedded
PostgreSQL), drops them afterwards, and measures for each size:

- the yardstick: a bare COPY of the entries, reading and summing them in pandas, and a
  COPY of the rollup's fact rows into a plain table without indexes;
- a full rollup, as a ratio to the yardstick of the same repetition;
- an incremental rollup after one certification, as a ratio to the full rollup;
- the comparison page's queries, and its time in the server;
- the memory that a full rollup takes in addition.

It prints a table in Markdown. With `--write FILE`, it puts the table between the marks there.
"""

from __future__ import annotations

import argparse
import gc
import io
import os
import platform
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from statistics import median
from typing import TYPE_CHECKING, Any

from bench.measuring import (
    memory_mb,
    peak_mb,
    plain_spread,
    put,
    say,
    scratch_database,
    seconds,
    server_version,
    set_up,
    spread,
    tidy,
)

if TYPE_CHECKING:
    from bench.generate import World

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
    """All repetitions at one size, in seconds unless the name says otherwise."""

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
    """Measure every size, and print or write the results."""
    options = _options(arguments)
    set_up()
    results = [measure(size, options.repetitions) for size in options.sizes]
    report = table(results, options.repetitions)
    print(report)
    if options.write:
        put(Path(options.write), "bench", report)


def measure(size: int, repetitions: int) -> Measured:
    """Measure everything for one size, in its own database."""
    from bench.generate import generate

    with scratch_database():
        say(f"{size:,} entries: making the world")
        measured = Measured(generate(size, waiting=repetitions), server_version())
        tidy()
        _roll_up_in_full()
        measured.memory_mb = _memory_taken(_roll_up_in_full)
        facts = _facts_as_text()
        measured.facts = facts.count(b"\n")
        _yardstick(facts)
        for repetition in range(1, repetitions + 1):
            say(f"{size:,} entries: full rollup {repetition} of {repetitions}")
            yardstick = seconds(lambda: _yardstick(facts))
            full = seconds(_roll_up_in_full)
            measured.yardstick.append(yardstick)
            measured.full.append(full)
            measured.ratio.append(full / yardstick)
        tidy()
        say(f"{size:,} entries: the comparison page")
        measured.page, measured.page_queries = _comparison(measured.world, 50)
        say(f"{size:,} entries: incremental rollups")
        measured.incremental, measured.incremental_entries = _incremental(measured.world)
        _check_that_full_agrees()
        return measured


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

    from savings.certification.actions import certify
    from savings.returns.models import Entry, Return
    from savings.rollup.actions import roll_up_dirty

    times = []
    for return_id, certifier in world.waiting:
        version = Return.objects.get(id=return_id).version
        certify(return_id=return_id, version=version, by=certifier, at=timezone.now())
        times.append(seconds(lambda: roll_up_dirty(at=timezone.now())))
    return times, Entry.objects.filter(parent=world.waiting[0][0]).count()


def _comparison(world: World, times: int) -> tuple[list[float], int]:
    """The seconds of each of many requests by one signed-in person, and the queries of one."""
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
    return [seconds(lambda: client.get(address)) for _ in range(times)], queries


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


def _memory_taken(work: Callable[[], object]) -> float | None:
    """The most megabytes that the process grew by during the work; None if not on Linux."""
    gc.collect()
    before = memory_mb()
    peak = peak_mb(work)
    return None if peak is None or before is None else peak - before


# --- What is written -----------------------------------------------------------------


def table(results: Sequence[Measured], repetitions: int) -> str:
    """The results in Markdown, a column for each size."""
    rows: list[tuple[str, Callable[[Measured], str]]] = [
        ("Certified entries", lambda m: f"{m.world.entries:,}"),
        ("Returns", lambda m: f"{m.world.returns:,}"),
        ("Facts (entry × council)", lambda m: f"{m.facts:,}"),
        ("Yardstick: COPY out, pandas, COPY in", lambda m: spread(m.yardstick)),
        ("Full rollup", lambda m: spread(m.full)),
        ("**Full rollup ÷ yardstick**", lambda m: f"**{plain_spread(m.ratio)}**"),
        (
            "Incremental rollup after one certification",
            lambda m: f"{spread(m.incremental)}, {m.incremental_entries} entries",
        ),
        (
            "**Incremental ÷ full**",
            lambda m: f"**{median(m.incremental) / median(m.full):.4f}**",
        ),
        ("Comparison page: queries", lambda m: str(m.page_queries)),
        ("Comparison page: time in the server", lambda m: spread(m.page)),
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


def _options(arguments: Sequence[str] | None) -> Any:
    parser = argparse.ArgumentParser(prog="python -m bench.rollup", description=__doc__)
    parser.add_argument("--sizes", type=int, nargs="+", default=SIZES, help="entries to measure")
    parser.add_argument("--repetitions", type=int, default=7, help="of everything but the page")
    parser.add_argument("--write", metavar="FILE", help="put the table into this file")
    return parser.parse_args(arguments)


if __name__ == "__main__":
    main()
