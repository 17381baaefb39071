"""The councils, through the API."""

import pytest

from sovereignty.models import Council
from tests.calling import Caller
from tests.partnership import build

pytestmark = pytest.mark.django_db


def test_the_councils_come_in_order_of_code():
    caller = Caller(build().people["councillor.lbhf"])

    assert caller.get("councils/").json()["results"] == [
        {
            "code": "LBHF",
            "name": "Hammersmith & Fulham",
            "full_name": "Hammersmith & Fulham Council",
        },
        {
            "code": "RBKC",
            "name": "Kensington & Chelsea",
            "full_name": "Kensington & Chelsea Council",
        },
        {"code": "WCC", "name": "Westminster", "full_name": "Westminster Council"},
    ]


def test_a_fourth_council_is_listed_like_the_others():
    caller = Caller(build().people["auditor"])
    Council.objects.create(code="RBG", name="Greenwich", full_name="Royal Borough of Greenwich")

    rows = caller.get("councils/").json()["results"]

    assert [row["code"] for row in rows] == ["LBHF", "RBG", "RBKC", "WCC"]
