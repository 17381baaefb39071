"""What nobody shares takes own entries alone, on the form, in a file and by the API.

And a saving in a service that others share without the council is warned of, and stored.
"""

from __future__ import annotations

from typing import Any

import pytest
from django.test import Client

from savings.filling.rows import Reference, read_rows
from savings.filling.shareable import Shareable
from services.models import ServiceState
from services.tree import Node, ServiceTree, Spell, StateSpell
from tests.calling import Caller, problem
from tests.partnership import Q1, Q2, Partnership, a_cost, a_saving
from tests.savings.filling.addresses import WCC
from tests.savings.filling.grids import EDIT
from tests.savings.pages import read
from tests.savings.uploads.conftest import UPLOAD, send, stored, to_preview
from tests.savings.uploads.making import a_csv, a_row, an_xlsx, ods_of, sheet_of

BEFORE = Q1.preceding
BOTH = (Spell("LBHF", BEFORE), Spell("WCC", BEFORE))
SETTLED = ("The Cabinets", "Minutes of June", "Item 7")
TREE = ServiceTree.of(
    [
        Node("area", "Area", participation=BOTH),
        Node(
            "planning",
            "Planning",
            "area",
            states=(StateSpell("not_recommended", Q1, Q1, *SETTLED),),
        ),
        Node("appeals", "Appeals", "planning"),
        Node(
            "cctv", "CCTV", "area", states=(StateSpell("under_consideration", Q1, None, *SETTLED),)
        ),
        Node("elections", "Elections", states=(StateSpell("single", Q1, None, *SETTLED),)),
        Node("choirs", "Choirs"),
        Node("hr", "HR", participation=(Spell("WCC", Q1), Spell("LBHF", Q2))),
    ]
)
REFERENCE = Reference(
    services=frozenset(TREE.nodes),
    councils=frozenset({"LBHF", "WCC"}),
    correctable={7: BEFORE, 8: Q1},
    shareable=Shareable(TREE, Q1, {"LBHF": "Hammersmith", "WCC": "Westminster"}, frozenset({8})),
)
NOBODY = "use own, or ask the programme office to record who takes part."


@pytest.mark.parametrize(
    ("service", "why"),
    [
        (
            "planning",
            (
                "Planning is not recommended for sharing in 2013/14 Q1: use own. The Cabinets "
                "settled that (Minutes of June: Item 7)."
            ),
        ),
        (
            "appeals",
            (
                "Appeals is part of Planning. Planning is not recommended for sharing in 2013/14 "
                "Q1: use own. The Cabinets settled that (Minutes of June: Item 7)."
            ),
        ),
        (
            "cctv",
            (
                "CCTV is still under consideration for sharing in 2013/14 Q1: use own. The "
                "Cabinets settled that (Minutes of June: Item 7)."
            ),
        ),
        (
            "elections",
            (
                "Elections is run by each council by itself in 2013/14 Q1: use own. The Cabinets "
                "settled that (Minutes of June: Item 7)."
            ),
        ),
        ("choirs", f"No council shares Choirs in 2013/14 Q1 yet: {NOBODY}"),
        ("hr", f"Only Westminster takes part in HR in 2013/14 Q1 yet: {NOBODY}"),
    ],
)
@pytest.mark.parametrize("kind", ["saving", "ongoing_cost"])
def test_what_nobody_shares_is_refused_with_who_settled_that(
    service: str, why: str, kind: str
) -> None:
    row = a_saving(service) if kind == "saving" else a_cost(kind, service)
    rows, errors = read_rows([(4, row), (5, {**row, "scope": "own"})], REFERENCE)
    assert [(error.row, error.field, error.value, error.message) for error in errors] == [
        (4, "scope", "shared", why)
    ]
    assert [(row.service, row.scope) for row in rows] == [(service, "own")]


@pytest.mark.parametrize(
    ("service", "corrects", "refused"),
    [
        # By the corrected entry's quarter, in which planning was shared,
        ("planning", "7", False),
        ("choirs", "7", True),
        # and whatever has become of it where the corrected entry was shared itself.
        ("planning", "8", False),
        ("choirs", "8", False),
        ("planning", "", True),
    ],
)
def test_a_correction_goes_by_what_it_corrects(service: str, corrects: str, refused: bool) -> None:
    row = a_saving(service, "-1.00", corrects=corrects)
    _, errors = read_rows([(1, row)], REFERENCE)
    assert [error.field for error in errors] == ["scope"] * refused


def test_of_a_service_that_there_is_not_only_that_is_said() -> None:
    _, errors = read_rows([(1, a_saving("zoo"))], REFERENCE)
    assert [error.field for error in errors] == ["service"]


NOT_KENSINGTONS = (
    "Kensington takes no part in Area in 2013/14 Q1: check that the saving is of this service."
)


@pytest.mark.parametrize(
    ("service", "council", "warned"),
    [
        ("area", "WCC", False),
        ("area", "RBKC", True),
        # What nobody shares is each council's own.
        ("planning", "RBKC", False),
        ("choirs", "RBKC", False),
        ("zoo", "RBKC", False),
    ],
)
def test_a_saving_where_the_council_takes_no_part_is_warned_of(
    service: str, council: str, warned: bool
) -> None:
    shareable = Shareable(TREE, Q1, {"RBKC": "Kensington"})
    rows = [(3, a_saving(service)), (4, a_cost(slug=service))]
    assert [
        (each.row, each.field, each.value, each.message)
        for each in shareable.warnings(rows, council)
    ] == [
        (
            3,
            "service",
            service,
            NOT_KENSINGTONS,
        )
    ] * warned


# --- On the form, in a file, by the API --------------------------------------------------

WHY = (
    "Library service is not recommended for sharing in 2013/14 Q1: use own. The Cabinets settled "
    "that (Minutes of June: Item 7)."
)
WARNING = (
    "Westminster takes no part in Cex in 2013/14 Q1: check that the saving is of this service."
)


@pytest.fixture
def kept_apart(partnership: Partnership) -> Partnership:
    ServiceState.objects.create(
        service=partnership.services["library-service"],
        state="not_recommended",
        from_quarter=Q1,
        settled_by="The Cabinets",
        document="Minutes of June",
        place="Item 7",
    )
    return partnership


@pytest.fixture
def officer(kept_apart: Partnership, client: Client) -> Client:
    client.force_login(kept_apart.finance("WCC"))
    return client


@pytest.mark.django_db
def test_the_api_refuses_it(kept_apart: Partnership, finance: Caller) -> None:
    rows = [a_saving("libraries"), a_saving()]
    answer = finance.put(WCC, {"version": 0, "entries": rows})
    assert problem(answer, 422, "bad-content")["errors"] == [
        {"field": "scope", "message": WHY, "value": "shared", "row": 2, "column": "scope"}
    ]
    assert not stored(kept_apart)
    own = finance.put(WCC, {"version": 0, "entries": [a_saving(scope="own")]})
    assert own.status_code == 200


@pytest.mark.django_db
@pytest.mark.parametrize("make", ["csv", "xlsx", "ods"])
def test_a_file_is_refused_with_its_row(
    make: str, kept_apart: Partnership, finance: Caller
) -> None:
    rows = (a_row(service="libraries"), a_row())
    content = {
        "csv": lambda: a_csv(*rows),
        "xlsx": lambda: an_xlsx(sheet_of(*rows)),
        "ods": lambda: ods_of(*rows),
    }[make]()
    for address in (UPLOAD, f"{UPLOAD}?dry_run=true"):
        said = problem(send(finance, content, address), 422, "bad-content")
        assert said["errors"] == [
            {"field": "scope", "message": WHY, "value": "shared", "row": 3, "column": "scope"}
        ]
    assert not stored(kept_apart)


def sent(*rows: dict[str, Any]) -> dict[str, Any]:
    typed = {"version": "0", "rows": str(len(rows))}
    for number, row in enumerate(rows, start=1):
        typed |= {f"row-{number}-{column}": value for column, value in {"note": "", **row}.items()}
    return typed


@pytest.mark.django_db
def test_the_form_refuses_it_beside_the_row(kept_apart: Partnership, officer: Client) -> None:
    answer = officer.post(EDIT, sent(a_saving("libraries"), a_saving()))
    assert answer.status_code == 422
    assert WHY in read(answer).words
    assert not stored(kept_apart)


@pytest.mark.django_db
def test_the_form_warns_and_saves(kept_apart: Partnership, officer: Client) -> None:
    saved = officer.post(EDIT, sent(a_saving("cex", scope="own")), follow=True)
    assert f"Row 1: {WARNING}" in read(saved).words
    assert [row["service"] for row in stored(kept_apart)] == ["cex"]
    assert f"Row 1: {WARNING}" in read(officer.get(EDIT)).words


@pytest.mark.django_db
def test_a_file_is_stored_with_a_warning(
    kept_apart: Partnership, officer: Client, finance: Caller
) -> None:
    content = a_csv(a_row(service="libraries"), a_row(service="cex"))
    warnings = [{"row": 3, "column": "service", "value": "cex", "message": WARNING}]
    assert send(finance, content, f"{UPLOAD}?dry_run=true").json()["warnings"] == warnings
    upload = to_preview(officer, content, {"council": "WCC", "period": "2013-14-Q1"})
    page = officer.get(f"/returns/WCC/2013-14-Q1/uploads/{upload.id}/")
    assert f"Row 3: {WARNING}" in read(page).words
    assert send(finance, content).json()["warnings"] == warnings
    assert len(stored(kept_apart)) == 2


@pytest.mark.django_db
def test_it_is_shared_in_the_quarters_outside_its_state(
    kept_apart: Partnership, finance: Caller
) -> None:
    ServiceState.objects.update(to_quarter=Q1)
    later = finance.put("returns/WCC/2013-14-Q2/", {"version": 0, "entries": [a_saving()]})
    assert later.status_code == 200
