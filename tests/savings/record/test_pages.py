"""The record's pages show what the record holds, to those who may sign in for it."""

import re
from html import unescape

import pytest
from django.test import Client
from django.urls import reverse
from pytest_django import DjangoAssertNumQueries

from savings.record import reports
from savings.record.models import SourceDocument
from sovereignty.models import User


def words(html: str) -> str:
    """The text of a page: no tags, single spaces."""
    return " ".join(unescape(re.sub(r"<[^>]*>", " ", html)).split())


def read(client: Client, name: str, **kwargs: str) -> str:
    response = client.get(reverse(name, kwargs=kwargs))
    assert response.status_code == 200
    return response.content.decode()


@pytest.mark.django_db
def test_an_administrator_without_an_appointment_is_refused(client: Client) -> None:
    client.force_login(User.objects.create_superuser("root", password="a-long-enough-password"))
    for name in (
        "record",
        "record-services",
        "record-plans",
        "record-differences",
        "record-figures",
    ):
        assert client.get(reverse(name)).status_code == 403


def test_the_overview_counts_documents_figures_and_differences(
    loaded: None, reader: Client
) -> None:
    page = words(read(reader, "record"))
    assert "Figures as printed 1,155 " in page
    assert "Derived from them 17 " in page
    assert "Differences 48 " in page
    assert (
        "Tri-borough Proposals Report: Bold ideas for challenging times Chief executives of "
        "Westminster, Hammersmith & Fulham and Kensington & Chelsea, for consultation "
        "February 2011 32 579 24"
    ) in page


def test_documents_are_listed_by_date(loaded: None) -> None:
    assert [summary.published for summary in reports.document_summaries()] == [
        "6 July 2010",
        "February 2011",
        "2011",
        "2012",
        "2013",
    ]


def test_the_overview_of_an_empty_record_says_how_to_load_it(reader: Client) -> None:
    assert "manage.py load_record" in read(reader, "record")


def test_a_document_shows_its_figures_with_place_and_differences(
    loaded: None, reader: Client
) -> None:
    html = read(reader, "record-document", code="proposals-2011")
    page = words(html)
    assert "Source: Executive summary, savings table under 'Reducing costs'." in page
    assert "Children's Services 0.8 9.5" in page
    assert "Total 2.9 33.8" in page
    assert "Finance 1,611 832 1212 3,205" in page
    # A difference is shown below its table, with both figures.
    assert "Finance, Total: the sum of its row 3,205 3,655 −450 £ thousand" in page
    # A derived figure is marked, with the sum that derives it.
    assert "In £ million Target H&F £15.6M K&C £13M WCC £12.3M Three boroughs 40.9 Derived" in page
    assert "Three boroughs, Target: 15.6 + 13 + 12.3." in page
    # An empty cell is not a 0.
    assert "Customer Services – left empty" in page


def test_tables_are_reached_by_keyboard_and_named(loaded: None, reader: Client) -> None:
    html = read(reader, "record-document", code="proposals-2011")
    regions = re.findall(r'role="region" aria-label="([^"]*)" tabindex="0"', html)
    assert len(regions) == html.count("<table") == html.count("<caption")
    assert len(set(regions)) == len(regions)
    assert len(re.findall(r"<th\b(?![^>]*scope=)", html)) == 0


def test_differences_are_listed_under_their_documents(loaded: None, reader: Client) -> None:
    page = words(read(reader, "record-differences"))
    assert "Total, Total: the sum of its column 122 120 +2 posts Rows and columns both" in page
    assert "Savings over five years: net savings of the fifth year 9.6 9.86 −0.26" in page
    assert page.count("Likely reason") == 24


def test_plans_show_lines_and_totals(loaded: None, reader: Client) -> None:
    page = words(read(reader, "record-plans"))
    assert "Total £2,900,000.00 £33,800,000.00" in page
    assert "All services Not divided £40,000,000.00" in page
    assert "2014/15: £1,420,000.00 to £1,740,000.00." in page
    assert "Total £622,000.00 £1,006,000.00 £1,934,000.00" in page
    assert "Proposals of February 2011 Adopted What the three" in page
    assert "Youth offending Youth offending Hammersmith & Fulham £71,000.00" in page
    assert "2013/14: costs £2,000,000.00." in page
    assert "Total £0.00 £2,700,000.00 £5,300,000.00 £8,660,000.00 £9,860,000.00" in page
    assert "Costs of getting there −£600,000.00 −£2,000,000.00 −£2,000,000.00 £0.00" in page
    assert "Net of them −£600,000.00 £700,000.00 £3,300,000.00 £8,660,000.00" in page
    assert "ICT in adults' overheads Inside Overheads, and counted there ICT £2,700,000.00" in page
    assert "Total £890,000.00 £4,895,000.00 £8,900,000.00 £8,900,000.00" in page
    assert "2011/12: 10% × £8.9m." in page
    assert (page.count(" Adopted "), page.count(" Considered ")) == (2, 16)


def test_services_show_who_shares_them(loaded: None, reader: Client) -> None:
    page = words(read(reader, "record-services"))
    two = "Hammersmith & Fulham, Kensington & Chelsea"
    assert f"so the first of 2012/13. {two}, from 2012/13 Q1." in page
    assert f"{two}, from 2011/12 Q3." in page
    assert "Planning Not recommended for sharing in February 2011." in page


def test_a_long_document_takes_as_many_queries_as_a_short_one(
    loaded: None, django_assert_num_queries: DjangoAssertNumQueries
) -> None:
    for code in ("column-2011", "proposals-2011"):
        document = SourceDocument.objects.get(code=code)
        with django_assert_num_queries(3):
            assert list(reports.document_tables(document)) != []


def test_other_lists_take_a_fixed_number_of_queries(
    loaded: None, django_assert_num_queries: DjangoAssertNumQueries
) -> None:
    with django_assert_num_queries(1):
        assert list(reports.document_summaries()) != []
    with django_assert_num_queries(1):
        assert list(reports.differences_by_document()) != []
    with django_assert_num_queries(2):
        assert list(reports.plans()) != []
    with django_assert_num_queries(3):
        reports.programmes()


@pytest.mark.parametrize(
    ("published", "label"),
    [("2010-07-06", "6 July 2010"), ("2011-02", "February 2011"), ("2013", "2013")],
)
def test_dates_are_written_as_precisely_as_they_are_known(published: str, label: str) -> None:
    assert reports.date_label(published) == label
