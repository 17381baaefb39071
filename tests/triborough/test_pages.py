"""The site's own pages: who finds nothing, and who signs in."""

from __future__ import annotations

import pytest
from django.test import Client
from pytest_django import Settings

from tests.partnership import Partnership

pytestmark = pytest.mark.django_db


@pytest.mark.parametrize("debug", [True, False])
@pytest.mark.parametrize("address", ["/nowhere/", "/boroughs/LBHF/"])
def test_who_finds_nothing_reads_the_sites_own_page(
    address: str, debug: bool, partnership: Partnership, settings: Settings
) -> None:
    settings.DEBUG = debug
    client = Client()
    client.force_login(partnership.people["councillor.wcc"])
    response = client.get(address)
    assert response.status_code == 404
    assert "<title>Page not found – Tri-borough</title>" in response.content.decode()


def test_a_program_that_finds_nothing_is_told_so_as_data(settings: Settings) -> None:
    settings.DEBUG = True
    response = Client().get("/api/v1/nowhere/")
    assert (response.status_code, response["Content-Type"]) == (404, "application/problem+json")


def test_the_icon_is_where_a_browser_looks_for_it() -> None:
    assert Client().get("/favicon.ico")["Location"] == "/static/images/favicon.png"


def test_signing_in_begins_at_the_top_of_the_page() -> None:
    page = Client().get("/sign-in/").content.decode()
    assert 'name="username"' in page
    assert "autofocus" not in page
