"""What every test may ask for, and the account of what could not run here.

Mark a test `requires_browser`, `requires_node` or `requires_redis` and it is skipped by name where
the machine lacks that. With REQUIRE_ALL=1 nothing may be skipped: whatever would be, fails.
"""

import os
import shutil
from collections import Counter
from collections.abc import Callable, Generator, Iterator
from functools import cache
from typing import TYPE_CHECKING, TypeVar

import pytest
from hypothesis import HealthCheck, settings

if TYPE_CHECKING:
    from playwright.sync_api import Browser, Page

    from tests.partnership import Partnership

Report = TypeVar("Report", pytest.TestReport, pytest.CollectReport)

# How long an example takes is the machine's affair, and no test is timed.
settings.register_profile("untimed", deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.load_profile("untimed")

#: In bytes: some pages of a table, which a query reads through in no time.
LARGE_FILE = 64 * 1024
#: Tables whose rows come from migrating, and which no test writes to.
MIGRATED = {"django_content_type", "auth_permission"}
#: At the same time, on one database server.
MOST_RUNS = 20

REQUIRE_ALL = os.environ.get("REQUIRE_ALL") == "1"
CHROMIUM_ARGUMENTS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]


@cache
def find_chromium() -> str | None:
    """The path of Chromium or Chrome: CHROMIUM if set, otherwise as found on the PATH."""
    names = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")
    return os.environ.get("CHROMIUM") or next(filter(None, map(shutil.which, names)), None)


def find_node() -> str | None:
    """The path of node, which runs the unit tests of the scripts."""
    return shutil.which("node")


def find_redis() -> str | None:
    """The address of the Redis that the tests may write to."""
    return os.environ.get("REDIS_URL_OF_TESTS") or None


REQUIREMENTS: dict[str, tuple[Callable[[], str | None], str]] = {
    "requires_browser": (find_chromium, "no Chromium on this machine (CHROMIUM names one)"),
    "requires_node": (find_node, "no node on this machine"),
    "requires_redis": (find_redis, "REDIS_URL is not set"),
}


def pytest_runtest_setup(item: pytest.Item) -> None:
    for marker, (find, reason) in REQUIREMENTS.items():
        if item.get_closest_marker(marker) and not find():
            pytest.skip(reason)


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(
    item: pytest.Item, call: pytest.CallInfo[None]
) -> Generator[None, pytest.TestReport, pytest.TestReport]:
    return required((yield))


@pytest.hookimpl(wrapper=True)
def pytest_make_collect_report(
    collector: pytest.Collector,
) -> Generator[None, pytest.CollectReport, pytest.CollectReport]:
    return required((yield))


def required(report: Report) -> Report:
    """The report; with REQUIRE_ALL=1 a failure where it would say skipped."""
    if REQUIRE_ALL and report.skipped:
        report.outcome = "failed"
        report.longrepr = f"REQUIRE_ALL=1, but skipped: {why(report)}"
    return report


def why(report: pytest.TestReport | pytest.CollectReport) -> str:
    """The reason that a skipped test gave."""
    reason = report.longrepr[2] if isinstance(report.longrepr, tuple) else str(report.longrepr)
    return reason.removeprefix("Skipped: ")


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    """What was skipped and why, with counts, and the sum of it all on a line of its own."""
    stats = terminalreporter.stats
    skipped = stats.get("skipped", [])
    if skipped:
        terminalreporter.section("skipped, and why")
        for reason, count in Counter(map(why, skipped)).most_common():
            terminalreporter.write_line(f"{count} skipped: {reason}")
            for report in skipped:
                if why(report) == reason:
                    terminalreporter.write_line(f"    {report.nodeid}")
    failed = len(stats.get("failed", [])) + len(stats.get("error", []))
    terminalreporter.write_line("")
    terminalreporter.write_line(
        f"{len(stats.get('passed', []))} passed, {failed} failed, {len(skipped)} skipped"
    )


@pytest.fixture(scope="session")
def django_db_modify_db_settings(django_db_modify_db_settings: None) -> None:
    """A name for the test database that no other run uses, of this checkout or another."""
    from django.db import connection

    from tests.alone import first_unclaimed

    name = connection.settings_dict["TEST"]["NAME"] or f"test_{connection.settings_dict['NAME']}"
    names = (name if run == 1 else f"{name}_{run}" for run in range(1, MOST_RUNS + 1))
    connection.settings_dict["TEST"]["NAME"] = first_unclaimed("database", names)


@pytest.fixture(scope="session")
def django_db_setup(django_db_setup: None) -> Iterator[None]:
    """The test database, which may be emptied between tests though its triggers forbid that.

    Only a test with `transaction=True` (and so every test on a live server) empties it. Of
    few rows a DELETE is done in no time, where a TRUNCATE gives every table new files. Like
    one, it waits for those who still write. What tests have left in a file, of rows that were
    rolled back too, every later query would read through: a larger file is cleared of it.
    A table without a page has never held a row. Content types and permissions
    stay, as migrating leaves them, and so nothing has to make them again.
    """
    from django.core.management.commands import flush
    from django.db import connection, transaction
    from django.db.backends.postgresql.operations import DatabaseOperations

    def sql_flush(
        self: DatabaseOperations, style: object, tables: list[str], **options: bool
    ) -> list[str]:
        return [name for name in tables if name not in MIGRATED]

    def execute_sql_flush(self: DatabaseOperations, tables: list[str]) -> None:
        names = {name: self.quote_name(name) for name in tables}
        locked = f"LOCK TABLE {', '.join(names.values())}"
        with connection.cursor() as cursor:
            with transaction.atomic():
                cursor.execute(
                    f"SET LOCAL session_replication_role = replica; {locked}; "
                    "SELECT relname, pg_relation_size(oid) FROM pg_class WHERE relname = ANY(%s)",
                    [list(names)],
                )
                sizes = {name: size for name, size in cursor.fetchall() if size}
                if sizes:
                    cursor.execute("; ".join(f"DELETE FROM {names[name]}" for name in sizes))
            for name, size in sizes.items():
                if size > LARGE_FILE:
                    cursor.execute(f"VACUUM {names[name]}")

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(DatabaseOperations, "sql_flush", sql_flush)
        patch.setattr(DatabaseOperations, "execute_sql_flush", execute_sql_flush)
        patch.setattr(flush, "emit_post_migrate_signal", lambda *arguments, **options: None)
        yield


@pytest.fixture
def partnership(db: None) -> "Partnership":
    """Three councils with their people, a few services and two open quarters."""
    from tests.partnership import build

    return build()


@pytest.fixture(scope="session")
def redis_url() -> str:
    """The address of a Redis; for tests marked `requires_redis`."""
    url = find_redis()
    if url is None:
        raise RuntimeError("mark the test requires_redis")
    return url


@pytest.fixture(scope="session")
def chromium_path() -> str:
    """The path of Chromium; for tests marked `requires_browser`."""
    path = find_chromium()
    if path is None:
        raise RuntimeError("mark the test requires_browser")
    return path


@pytest.fixture(scope="session")
def browser(chromium_path: str) -> Iterator["Browser"]:
    """A headless Chromium for the session; for tests marked `requires_browser`."""
    from playwright.sync_api import sync_playwright

    # Playwright keeps an event loop in this thread, where Django would refuse queries.
    with pytest.MonkeyPatch.context() as patch, sync_playwright() as playwright:
        patch.setenv("DJANGO_ALLOW_ASYNC_UNSAFE", "true")
        browser = playwright.chromium.launch(executable_path=chromium_path, args=CHROMIUM_ARGUMENTS)
        yield browser
        browser.close()


@pytest.fixture
def page(browser: "Browser") -> Iterator["Page"]:
    """A page of a visitor nobody knows yet; closed after the test."""
    context = browser.new_context(locale="en-GB", timezone_id="Europe/London")
    yield context.new_page()
    context.close()
