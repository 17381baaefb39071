"""What the database holds of services, whichever way it is written to."""

from __future__ import annotations

import pytest
from django.core.exceptions import ValidationError
from django.db import DatabaseError, IntegrityError, connection, transaction
from django.db.models import ProtectedError

from finance.periods import Quarter
from services.models import Hosting, Participation, Service
from services.tree import Spell
from sovereignty.models import Council
from tests.at_once import at_once, kinds
from tests.partnership import Partnership

Q1, Q2, Q3, Q4 = (Quarter.parse(f"2012-13-Q{number}") for number in (1, 2, 3, 4))


@pytest.fixture
def councils(db: None) -> dict[str, Council]:
    return {
        code: Council.objects.create(code=code, name=code, full_name=code)
        for code in ("LBHF", "WCC")
    }


@pytest.fixture
def hr(db: None) -> Service:
    return Service.objects.create(slug="hr", name="HR")


@pytest.fixture
def it(db: None) -> Service:
    return Service.objects.create(slug="it", name="IT")


@pytest.mark.parametrize(
    ("first", "last"),
    [
        ((Q2, None), (Q1, None)),
        ((Q1, Q2), (Q2, Q3)),
        ((Q2, Q3), (Q1, Q2)),
        ((Q1, Q4), (Q2, Q3)),
        ((Q2, Q2), (Q2, Q2)),
        ((Q1, None), (Q4, Q4)),
    ],
)
@pytest.mark.parametrize("model", [Participation, Hosting])
def test_spells_of_one_council_in_one_service_do_not_overlap(
    model: type[Participation] | type[Hosting],
    first: tuple[Quarter, Quarter | None],
    last: tuple[Quarter, Quarter | None],
    councils: dict[str, Council],
    hr: Service,
) -> None:
    wcc = councils["WCC"]
    model.objects.create(service=hr, council=wcc, from_quarter=first[0], to_quarter=first[1])
    with pytest.raises(IntegrityError), transaction.atomic():
        model.objects.create(service=hr, council=wcc, from_quarter=last[0], to_quarter=last[1])
    assert model.objects.count() == 1


def test_a_council_may_leave_and_come_back_in_the_next_quarter(
    councils: dict[str, Council], hr: Service
) -> None:
    for first, last in ((Q1, Q2), (Q3, Q3), (Q4, None)):
        Participation.objects.create(
            service=hr, council=councils["WCC"], from_quarter=first, to_quarter=last
        )
    assert [spell.as_spell() for spell in Participation.objects.order_by("from_quarter")] == [
        Spell("WCC", Q1, Q2),
        Spell("WCC", Q3, Q3),
        Spell("WCC", Q4, None),
    ]


def test_several_councils_take_part_at_once_and_one_in_several_services(
    councils: dict[str, Council], hr: Service, it: Service
) -> None:
    for service in (hr, it):
        for council in councils.values():
            Participation.objects.create(service=service, council=council, from_quarter=Q1)
    assert Participation.objects.count() == 4


def test_one_council_hosts_at_a_time(
    councils: dict[str, Council], hr: Service, it: Service
) -> None:
    Hosting.objects.create(service=hr, council=councils["WCC"], from_quarter=Q1, to_quarter=Q2)
    with pytest.raises(IntegrityError), transaction.atomic():
        Hosting.objects.create(service=hr, council=councils["LBHF"], from_quarter=Q2)
    Hosting.objects.create(service=hr, council=councils["LBHF"], from_quarter=Q3)
    Hosting.objects.create(service=it, council=councils["LBHF"], from_quarter=Q1)
    assert Hosting.objects.count() == 3


def test_spells_do_not_overlap_by_bulk_writes_either(
    councils: dict[str, Council], hr: Service
) -> None:
    spells = [
        Participation(service=hr, council=councils["WCC"], from_quarter=Q1, to_quarter=Q2),
        Participation(service=hr, council=councils["WCC"], from_quarter=Q3),
    ]
    Participation.objects.bulk_create(spells)
    with pytest.raises(IntegrityError), transaction.atomic():
        Participation.objects.update(from_quarter=Q1)
    spells[1].from_quarter = Q2
    with pytest.raises(IntegrityError), transaction.atomic():
        Participation.objects.bulk_update(spells, ["from_quarter"])


@pytest.mark.parametrize("model", [Participation, Hosting])
def test_a_spell_does_not_end_before_it_begins(
    model: type[Participation] | type[Hosting], councils: dict[str, Council], hr: Service
) -> None:
    spell = model(service=hr, council=councils["WCC"], from_quarter=Q2, to_quarter=Q1)
    with pytest.raises(ValidationError) as refusal:
        spell.full_clean()
    assert refusal.value.message_dict == {
        "to_quarter": ["The last quarter must not come before the first."]
    }
    with pytest.raises(DatabaseError), transaction.atomic():
        spell.save()
    assert not model.objects.exists()


def test_a_service_is_not_its_own_parent(hr: Service) -> None:
    hr.parent = hr
    with pytest.raises(IntegrityError), transaction.atomic():
        hr.save()


@pytest.fixture
def line(hr: Service) -> list[Service]:
    """Three services, each below the one before."""
    middle = Service.objects.create(slug="middle", name="Middle", parent=hr)
    return [hr, middle, Service.objects.create(slug="low", name="Low", parent=middle)]


@pytest.mark.parametrize("lowest", [1, 2])
def test_no_circle_comes_about_by_saving(line: list[Service], lowest: int) -> None:
    line[0].parent = line[lowest]
    with pytest.raises(IntegrityError, match="would lie below itself"), transaction.atomic():
        line[0].save()
    assert Service.objects.tree().path("low") == ("low", "middle", "hr")


def test_no_circle_comes_about_by_bulk_writes(line: list[Service]) -> None:
    line[0].parent = line[2]
    with pytest.raises(IntegrityError), transaction.atomic():
        Service.objects.bulk_update(line, ["parent"])
    with pytest.raises(IntegrityError), transaction.atomic():
        Service.objects.filter(slug="hr").update(parent=line[1])


HR_BELOW_LOW = """
    UPDATE services_service SET parent_id = (SELECT id FROM services_service WHERE slug = 'low')
    WHERE slug = 'hr'
"""
#: Two rows in one statement, each fair by itself.
HR_AND_IT_BELOW_EACH_OTHER = """
    UPDATE services_service SET parent_id = (
        SELECT other.id FROM services_service other
        WHERE other.slug = CASE services_service.slug WHEN 'hr' THEN 'it' ELSE 'hr' END
    ) WHERE slug IN ('hr', 'it')
"""
NEW_ONES_BELOW_EACH_OTHER = """
    INSERT INTO services_service (id, slug, name, position, description, parent_id)
    VALUES (9001, 'a', 'A', 0, '', 9002), (9002, 'b', 'B', 0, '', 9001)
"""


@pytest.mark.parametrize(
    "statement", [HR_BELOW_LOW, HR_AND_IT_BELOW_EACH_OTHER, NEW_ONES_BELOW_EACH_OTHER]
)
def test_no_circle_comes_about_by_raw_sql(line: list[Service], it: Service, statement: str) -> None:
    with pytest.raises(IntegrityError), transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(statement)
    assert sorted(Service.objects.tree().nodes) == ["hr", "it", "low", "middle"]


def test_a_service_may_move_to_another_parent(line: list[Service], it: Service) -> None:
    Service.objects.filter(slug="middle").update(parent=it)
    assert Service.objects.tree().path("low") == ("low", "middle", "it")


def test_a_service_with_others_below_it_or_councils_in_it_stays(partnership: Partnership) -> None:
    with pytest.raises(ProtectedError):
        partnership.services["childrens-services"].delete()
    with pytest.raises(ProtectedError):
        partnership.services["cex"].delete()
    with pytest.raises(ProtectedError):
        partnership.councils["WCC"].delete()


@pytest.mark.parametrize("slug", ["Libraries", "adult_care", "-a", "a--b", "a-", "", "é"])
def test_a_slug_is_small_letters_digits_and_hyphens(db: None, slug: str) -> None:
    with pytest.raises(ValidationError) as refusal:
        Service(slug=slug, name="Anything").full_clean()
    assert list(refusal.value.message_dict) == ["slug"]


def test_the_tree_takes_three_queries_however_many_services(
    partnership: Partnership, django_assert_num_queries
) -> None:
    with django_assert_num_queries(3):
        small = Service.objects.tree()
    for number in range(20):
        extra = Service.objects.create(
            slug=f"extra-{number}", name="Extra", parent=partnership.services["cex"]
        )
        Participation.objects.create(
            service=extra, council=partnership.councils["WCC"], from_quarter=Q1
        )
    with django_assert_num_queries(3):
        large = Service.objects.tree()
    assert len(large.nodes) == len(small.nodes) + 20


def test_the_tree_is_what_the_tables_say(partnership: Partnership) -> None:
    tree = Service.objects.tree()
    assert [(node.slug, depth) for node, depth in tree.walk()] == [
        ("childrens", 0),
        ("childrens-services", 1),
        ("youth-offending", 2),
        ("libraries", 0),
        ("library-service", 1),
        ("cex", 0),
        ("chief-executive-leadership", 1),
    ]
    assert tree.participants("youth-offending", Q1) == ("LBHF", "RBKC", "WCC")
    assert tree.participants("chief-executive-leadership", Q1) == ("LBHF", "RBKC")
    assert tree.host("library-service", Q1) == "RBKC"
    assert tree.host("cex", Q1) is None


@pytest.mark.django_db(transaction=True)
def test_two_services_hung_below_each_other_at_once_make_no_circle() -> None:
    one, other = (Service.objects.create(slug=slug, name=slug) for slug in ("one", "other"))

    def hang(below: Service, above: Service) -> int:
        with transaction.atomic():
            moved = Service.objects.filter(id=below.id).update(parent=above)
            with connection.cursor() as cursor:
                # Both are at it before either ends, unless one keeps the other waiting.
                cursor.execute("SELECT pg_sleep(0.5)")
            return moved

    results = at_once(lambda: hang(one, other), lambda: hang(other, one))
    assert kinds(results) == ["IntegrityError", "int"]
    assert len(Service.objects.tree().nodes) == 2


@pytest.mark.django_db(transaction=True)
def test_a_tree_is_not_changed_where_others_changes_are_not_seen() -> None:
    one, other = (Service.objects.create(slug=slug, name=slug) for slug in ("one", "other"))
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ")
        cursor.execute("SELECT 1 FROM services_service")
        assert at_once(lambda: Service.objects.filter(id=one.id).update(parent=other)) == [1]
        with pytest.raises(DatabaseError, match="READ COMMITTED"), transaction.atomic():
            Service.objects.filter(id=other.id).update(parent=one)
    assert Service.objects.tree().path("one") == ("one", "other")
