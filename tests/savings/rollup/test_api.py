"""The state of the rollup, through the API."""

import pytest

from savings.rollup.tasks import roll_up
from tests.calling import Caller
from tests.partnership import a_saving, build

# In one transaction the rollup's lock would be held until the end of the test.
pytestmark = pytest.mark.django_db(transaction=True)


def test_the_rollup_is_pending_until_it_has_what_was_certified():
    partnership = build()
    caller = Caller(partnership.people["councillor.wcc"])
    assert caller.get("rollup/").json() == {
        "state": "current",
        "version": 0,
        "digest": "",
        "finished_at": None,
    }

    partnership.certified("WCC", a_saving(scope="own"))
    assert caller.get("rollup/").json()["state"] == "pending"

    roll_up()
    now = caller.get("rollup/").json()
    assert (now["state"], now["version"], len(now["digest"])) == ("current", 1, 64)
    assert now["finished_at"]
