"""Measures uploads of a return's file: `python -m bench.uploads`.

One run makes a scratch database on the server of DATABASE_URL (or in the embedded PostgreSQL),
drops it afterwards, and measures for each size:

- the yardstick: a bare COPY of the same rows into the same table, with its constraints,
  triggers and indexes, to the end of its transaction;
- an upload through the API, from the file's bytes to the commit, as XLSX, ODS and CSV;
- the same file on the pages: keeping and checking it, then storing it.

It also measures, in separate processes, how far memory rises above an idle site's: for an upload
of each size and format, and for every bad file of the tests' corpus, sent in every way.

It prints tables in Markdown. With `--write FILE`, it puts them between the marks in that file.
"""

from __future__ import annotations

import argparse
import gc
import json
import os
import platform
import subprocess
import sys
from collections import defaultdict
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from statistics import median
from tempfile import TemporaryDirectory
from typing import Any

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
    time,
)

SIZES = (1_000, 10_000, 50_000)
FORMATS = ("csv", "xlsx", "ods")
#: The most that memory may rise for any file, in MB, and the most times as long as COPY.
MOST_MEMORY, MOST_TIMES = 256, 10


@dataclass
class Measured:
    """All repetitions at one size, in seconds, by format if there is one. Memory in megabytes."""

    rows: int
    bytes: dict[str, int] = field(default_factory=dict)
    copy: list[float] = field(default_factory=list)
    api: dict[str, list[float]] = field(default_factory=lambda: defaultdict(list))
    check: dict[str, list[float]] = field(default_factory=lambda: defaultdict(list))
    store: dict[str, list[float]] = field(default_factory=lambda: defaultdict(list))
    memory: dict[str, float | None] = field(default_factory=dict)

    def ratios(self, name: str) -> list[float]:
        """Upload ÷ COPY, for each repetition."""
        return [taken / copy for taken, copy in zip(self.api[name], self.copy, strict=True)]


def main(arguments: Sequence[str] | None = None) -> None:
    """Measure every size and the corpus, and print or write the results."""
    options = _options(arguments)
    set_up()
    if options.memory_of:
        print(json.dumps(_memory_here(options.memory_of, options.database)))
        return
    from tests.partnership import build
    from tests.savings.uploads.corpus import CORPUS

    with scratch_database() as database:
        build()
        version = server_version()
        results = [measure(size, options.repetitions, database) for size in options.sizes]
        say("memory of the bad files")
        corpus = memory_of({bad.name: bad.make for bad in CORPUS}, database)
    report = "\n\n".join(
        [
            _machine(version, options.repetitions),
            table(results),
            corpus_sentence(corpus),
        ]
    )
    print(report)
    if options.write:
        put(Path(options.write), "bench-uploads", report)


def measure(size: int, repetitions: int, database: str) -> Measured:
    """Measure everything for one size."""
    from bench.uploading import Uploading, a_file

    upload, measured = Uploading("WCC"), Measured(size)
    files = {name: a_file(name, size) for name in FORMATS}
    measured.bytes = {name: len(content) for name, content in files.items()}
    for name, content in files.items():
        upload.clear()
        upload.by_api(content)
        if upload.count() != size:
            raise RuntimeError(f"Of {size:,} rows as {name}, {upload.count():,} were stored.")
    rows = upload.as_text()
    for repetition in range(1, repetitions + 1):
        say(f"{size:,} rows: {repetition} of {repetitions}")
        upload.clear()
        measured.copy.append(seconds(lambda: upload.by_copy(rows)))
        for name, content in files.items():
            upload.clear()
            measured.api[name].append(seconds(partial(upload.by_api, content)))
            upload.clear()
            measured.check[name].append(seconds(partial(upload.keep, content)))
            measured.store[name].append(seconds(upload.store))
    for name, content in files.items():
        say(f"{size:,} rows as {name}: memory")
        upload.clear()
        measured.memory |= memory_of({name: partial(bytes, content)}, database)
    upload.clear()
    return measured


# --- Memory, in a separate process ---------------------------------------------------------


def memory_of(files: Mapping[str, Callable[[], bytes]], database: str) -> dict[str, float | None]:
    """The megabytes above idle that each file takes, by its name; None if not on Linux.

    `database` has the tests' partnership. The files are made here. Another process, which does
    nothing else, reads them one after the other.
    """
    with TemporaryDirectory() as folder:
        for number, make in enumerate(files.values()):
            Path(folder, f"{number:04}").write_bytes(make())
        arguments = ("--memory-of", folder, "--database", database)
        found = subprocess.run(
            [sys.executable, "-m", "bench.uploads", *arguments],
            cwd=Path(__file__).resolve().parents[1],
            check=True,
            stdout=subprocess.PIPE,
        ).stdout
    return dict(zip(files, json.loads(found), strict=True))


def _memory_here(folder: str, database: str) -> list[float | None]:
    from django.db import connection

    from bench.uploading import Uploading

    connection.settings_dict["NAME"] = database
    upload = Uploading("WCC")
    # Load what an idle site has loaded: one file has been stored, and one has been marked.
    with TemporaryDirectory() as own:
        for text in ("service,kind,scope,amount", "service,kind,scope,amount\nnowhere,,,"):
            small = Path(own, "small")
            small.write_text(text, encoding="utf-8")
            upload.every_way(small)
    gc.collect()
    idle = memory_mb()
    files = sorted(Path(folder).iterdir())
    peaks = [peak_mb(partial(upload.every_way, file)) for file in files]
    return [None if peak is None or idle is None else peak - idle for peak in peaks]


# --- What is written ---------------------------------------------------------------------


Line = tuple[str, Callable[[Measured], str]]


def table(results: Sequence[Measured]) -> str:
    """The results in Markdown, a column for each size."""
    lines: list[Line] = [("Yardstick: bare COPY of the rows", lambda m: spread(m.copy))]
    for name in FORMATS:
        lines += _lines_of(name)
    return "\n".join(
        [
            f"| | {' | '.join(f'{m.rows:,} rows' for m in results)} |",
            f"|---|{'---:|' * len(results)}",
            *(f"| {name} | {' | '.join(show(m) for m in results)} |" for name, show in lines),
        ]
    )


def _lines_of(name: str) -> list[Line]:
    """The table's lines for one format."""
    shown = name.upper()
    return [
        (f"{shown} through the API", lambda m: spread(m.api[name])),
        (f"{shown}: rows a second", lambda m: f"{m.rows / median(m.api[name]):,.0f}"),
        (
            f"**{shown} ÷ COPY** (at most {MOST_TIMES})",
            lambda m: f"**{plain_spread(m.ratios(name))}**",
        ),
        (
            f"{shown} on the pages: checked, then stored",
            lambda m: f"{time(median(m.check[name]))}, then {time(median(m.store[name]))}",
        ),
        (
            f"{shown}: size of the file, peak memory above idle",
            lambda m: f"{m.bytes[name] / 1024:,.0f} KB, {_mb(m.memory[name])}",
        ),
    ]


def corpus_sentence(found: Mapping[str, float | None]) -> str:
    """How much memory the corpus of bad files took, and which files took the most."""
    taken = {name: memory for name, memory in found.items() if memory is not None}
    if not taken:
        return f"Memory for the {len(found)} bad files: not measured on this machine."
    most = sorted(taken, key=taken.__getitem__, reverse=True)[:3]
    named = ", ".join(f"“{name}” ({taken[name]:.0f} MB)" for name in most)
    return (
        f"Memory for the {len(found)} bad files of the corpus, each sent, kept, checked and "
        f"marked, one after the other in one process: at most **{taken[most[0]]:.0f} MB** above "
        f"idle, of {MOST_MEMORY} MB allowed; median {median(taken.values()):.0f} MB. Most: {named}."
    )


def _mb(memory: float | None) -> str:
    return "not measured" if memory is None else f"{memory:.0f} MB"


def _machine(version: str, repetitions: int) -> str:
    import django

    return (
        f"{os.cpu_count()} processors ({platform.machine()}), the server on the same machine; "
        f"Python {platform.python_version()}, Django {django.__version__}, PostgreSQL {version}. "
        f"Medians of {repetitions} repetitions, with the least and the most."
    )


def _options(arguments: Sequence[str] | None) -> Any:
    parser = argparse.ArgumentParser(prog="python -m bench.uploads", description=__doc__)
    parser.add_argument("--sizes", type=int, nargs="+", default=SIZES, help="rows to upload")
    parser.add_argument("--repetitions", type=int, default=5)
    parser.add_argument("--write", metavar="FILE", help="put the tables into this file")
    parser.add_argument("--memory-of", metavar="FOLDER", help=argparse.SUPPRESS)
    parser.add_argument("--database", help=argparse.SUPPRESS)
    return parser.parse_args(arguments)


if __name__ == "__main__":
    main()
