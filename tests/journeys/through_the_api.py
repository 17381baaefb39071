"""What a journey has other people do on the way, through the API."""

from __future__ import annotations

from typing import Any

from tests.journeys.conftest import Site


def empty_return(site: Site, code: str, period: str) -> None:
    """Make a council's return an empty draft: what was made up for the demonstration goes.

    Withdraws it where it is submitted, and answers what was asked on it.
    """
    finance = site.token(f"finance.{code.lower()}")
    address = f"returns/{code}/{period}/"
    parent = done(site, "GET", address, finance)
    if parent["status"] == "submitted":
        parent = done(site, "POST", f"{address}withdraw/", finance, version=parent["version"])
    for question in done(site, "GET", f"{address}questions/", finance)["results"]:
        done(site, "POST", f"questions/{question['id']}/answer/", finance, answer="It is made up.")
    parent = done(site, "PUT", address, finance, version=parent["version"], entries=[])
    done(site, "PUT", f"{address}forecasts/", finance, version=parent["version"], forecasts=[])


def certify_return(site: Site, code: str, period: str) -> None:
    """Submit a council's draft and certify it."""
    address = f"returns/{code}/{period}/"
    finance, s151 = (site.token(f"{who}.{code.lower()}") for who in ("finance", "s151"))
    version = done(site, "GET", address, finance)["version"]
    version = done(site, "POST", f"{address}submit/", finance, version=version)["version"]
    done(site, "POST", f"{address}certify/", s151, version=version)


def done(site: Site, method: str, path: str, token: str, **body: object) -> dict[str, Any]:
    """The answer to a call, which has to succeed."""
    status, answer = site.api(method, path, token=token, body=body or None)
    assert status == 200, (path, answer)
    return answer
