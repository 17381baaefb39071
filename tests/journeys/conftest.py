"""The whole site in processes of its own, and people who use it in a real browser."""

from __future__ import annotations

import json
import subprocess
import sys
import urllib.request
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any
from urllib.error import HTTPError

import pytest

from tests.processes import (
    ROOT,
    create_database,
    drop_database,
    environment,
    free_port,
    manage,
    scratch_database,
    services,
    stop,
    wait_until_ready,
)

if TYPE_CHECKING:
    from playwright.sync_api import Browser, Page
    from pytest_django.plugin import DjangoDbBlocker

PASSWORD = "triborough-demo"


@dataclass(frozen=True)
class Site:
    """A site that runs; its API is asked as one of the demonstration's people."""

    address: str

    def token(self, username: str) -> str:
        status, answer = self.api(
            "POST", "token/", body={"username": username, "password": PASSWORD}
        )
        assert status == 200, answer
        return str(answer["token"])

    def api(
        self, method: str, path: str, *, token: str = "", body: object = None
    ) -> tuple[int, dict[str, Any]]:
        """Status and JSON of a call below /api/v1/."""
        request = urllib.request.Request(
            f"{self.address}/api/v1/{path}",
            method=method,
            data=None if body is None else json.dumps(body).encode(),
            headers={
                "Content-Type": "application/json",
                **({"Authorization": f"Token {token}"} if token else {}),
            },
        )
        try:
            with urllib.request.urlopen(request, timeout=30) as response:
                return response.status, json.load(response)
        except HTTPError as error:
            return error.code, json.load(error)


@contextmanager
def tried_out(database: str) -> Iterator[str]:
    """The site as `make run` serves it: no workers, tasks in process."""
    port = free_port()
    running = subprocess.Popen(
        [sys.executable, "-m", "triborough.run"],
        cwd=ROOT,
        env=environment(database, DEBUG="true", PORT=str(port)),
        stdin=subprocess.DEVNULL,
        start_new_session=True,
    )
    address = f"http://localhost:{port}"
    try:
        wait_until_ready(running, f"{address}/health/")
        yield address
    finally:
        stop(running)


@pytest.fixture(scope="session")
def demonstration(django_db_setup: None, django_db_blocker: DjangoDbBlocker) -> Iterator[str]:
    """A database with the demonstration, loaded once: every journey begins with a copy."""
    # Not around the yield: a test that may not use the database still may not.
    with django_db_blocker.unblock():
        database = create_database()
    try:
        manage(database, "migrate", "--verbosity", "0")
        manage(database, "load_record")
        manage(database, "load_demonstration", DEBUG="true")
        yield database
    finally:
        with django_db_blocker.unblock():
            drop_database(database)


@pytest.fixture
def site(transactional_db: None, demonstration: str) -> Iterator[Site]:
    """The demonstration as `make run` serves it, on a database of its own."""
    with scratch_database(demonstration) as database, tried_out(database) as address:
        yield Site(address)


@pytest.fixture
def site_with_workers(transactional_db: None, demonstration: str, redis_url: str) -> Iterator[Site]:
    """The demonstration as `make services` serves it: gunicorn, a Celery worker, beat, Redis."""
    with scratch_database(demonstration) as database, services(database, redis_url) as address:
        yield Site(address)


@pytest.fixture
def sign_in(browser: Browser) -> Iterator[Callable[..., Page]]:
    """Signs a person in, in a browser window of their own, with such options as are given."""
    contexts = []

    def visit(site: Site, username: str, **options: Any) -> Page:
        context = browser.new_context(base_url=site.address, locale="en-GB", **options)
        contexts.append(context)
        page = context.new_page()
        page.goto("/")
        page.get_by_label("Username").fill(username)
        page.get_by_label("Password", exact=True).fill(PASSWORD)
        page.get_by_role("button", name="Sign in").click()
        page.wait_for_url("**/comparison/**")
        return page

    yield visit
    for context in contexts:
        context.close()
