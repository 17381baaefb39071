"""Every scenario has the partnership's accounts."""

from __future__ import annotations

import pytest

from tests.partnership import Partnership
from tests.scenarios.accounts import Accounts


@pytest.fixture
def accounts(partnership: Partnership) -> Accounts:
    return Accounts(partnership)
