"""What the tests of returns through the API share: one return, and who calls for it."""

from __future__ import annotations

import pytest

from tests.calling import Caller
from tests.partnership import Partnership

WCC = "returns/WCC/2013-14-Q1/"


@pytest.fixture
def finance(partnership: Partnership) -> Caller:
    return Caller(partnership.finance("WCC"))


@pytest.fixture
def s151(partnership: Partnership) -> Caller:
    return Caller(partnership.s151("WCC"))


@pytest.fixture
def office(partnership: Partnership) -> Caller:
    return Caller(partnership.people["programme.office"])
