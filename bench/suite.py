"""What the tests cost, by folder: `python -m pytest -p bench.suite`, with any other options.

For each folder it shows the tests, their processor seconds (in the test's process, in processes
that it started and waited for, and in the database's process for its connection, if that runs on
this machine), the seconds by the clock, and the queries. A busy machine adds to the seconds by the
clock, and hardly changes the rest.
"""

from __future__ import annotations

import os
import time
from collections import defaultdict
from collections.abc import Generator
from pathlib import Path
from typing import Any

import pytest

NAME = "what it cost"
COLUMNS = ("tests", "own", "others", "server", "clock", "queries")
TICKS = os.sysconf("SC_CLK_TCK")

queries = 0


def pytest_configure(config: pytest.Config) -> None:
    from django.db.backends.utils import CursorWrapper

    execute = CursorWrapper.execute

    def counted(self: CursorWrapper, *arguments: Any, **options: Any) -> Any:
        global queries  # noqa: PLW0603 - there is one count
        queries += 1
        return execute(self, *arguments, **options)

    CursorWrapper.execute = counted  # type: ignore[method-assign]


@pytest.hookimpl(wrapper=True)
def pytest_runtest_protocol(item: pytest.Item) -> Generator[None, object, object]:
    before = _state()
    answer = yield
    item.user_properties.append((NAME, [1, *_spent(before, _state())]))
    item.ihook.pytest_runtest_logreport(report=_report(item))
    return answer


def _report(item: pytest.Item) -> pytest.TestReport:
    """A separate report, because the whole cost is only known after the test's own reports."""
    return pytest.TestReport(
        nodeid=item.nodeid,
        location=item.location,
        keywords={},
        outcome="passed",
        longrepr=None,
        when=NAME,  # type: ignore[arg-type]
        user_properties=item.user_properties,
    )


def pytest_report_teststatus(report: pytest.TestReport) -> tuple[str, str, str] | None:
    return (NAME, "", "") if report.when == NAME else None


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    costs: dict[str, list[float]] = defaultdict(lambda: [0.0] * len(COLUMNS))
    for report in terminalreporter.stats.pop(NAME, []):
        folder = str(Path(report.nodeid.split("::")[0]).parent)
        cost = dict(report.user_properties)[NAME]
        costs[folder] = [sum(pair) for pair in zip(costs[folder], cost, strict=True)]
        costs["all"] = [sum(pair) for pair in zip(costs["all"], cost, strict=True)]
    terminalreporter.section(NAME)
    terminalreporter.write_line("| folder | " + " | ".join(COLUMNS) + " |")
    terminalreporter.write_line("|---" + "|---:" * len(COLUMNS) + "|")
    for folder, cost in sorted(costs.items(), key=lambda pair: -sum(pair[1][1:4])):
        figures = " | ".join(f"{figure:,.0f}" for figure in cost)
        terminalreporter.write_line(f"| {folder} | {figures} |")


def _state() -> tuple[float, float, dict[int, float], float, int]:
    times = os.times()
    children = times.children_user + times.children_system
    return time.process_time(), children, _server(), time.perf_counter(), queries


def _server() -> dict[int, float]:
    """The seconds of the database's process for this connection, by its process number."""
    from django.db import connection

    if connection.connection is None or connection.connection.closed:
        return {}
    number = connection.connection.info.backend_pid
    try:
        fields = Path(f"/proc/{number}/stat").read_text().rsplit(")", 1)[1].split()
    except OSError:
        return {}
    return {number: (int(fields[11]) + int(fields[12])) / TICKS}


def _spent(
    before: tuple[float, float, dict[int, float], float, int],
    after: tuple[float, float, dict[int, float], float, int],
) -> list[float]:
    server = sum(spent - before[2].get(number, 0) for number, spent in after[2].items())
    return [
        after[0] - before[0],
        after[1] - before[1],
        server,
        after[3] - before[3],
        after[4] - before[4],
    ]
