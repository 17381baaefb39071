"""What a page answers where its action is refused: the same on every page."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from django.http import HttpRequest, HttpResponse, HttpResponseBase
from django.test import RequestFactory

from savings.permissions.pages import page, partnership_page, refusals_on
from sovereignty.models import User
from sovereignty.refusals import (
    BadContent,
    FieldError,
    NotAllowed,
    Refusal,
    StaleVersion,
    WrongState,
)
from tests.partnership import Partnership

MISTAKES = [FieldError("code", "Give a code."), FieldError("service", "Choose one.")]

DECORATORS = [page("POST"), partnership_page]


def asked(by: User) -> HttpRequest:
    request = RequestFactory().post("/")
    request.user = by
    return request


def shown(*, problem: str = "", status: int) -> HttpResponse:
    return HttpResponse(problem, status=status)


def answered(
    decorate: Callable[[Callable[[HttpRequest], HttpResponse]], Callable[..., HttpResponseBase]],
    by: User,
    refusal: Refusal | None,
    add_errors: Callable[[list[FieldError]], object] | None,
) -> tuple[int, str]:
    def view(request: HttpRequest) -> HttpResponse:
        with refusals_on(shown, add_errors):
            if refusal:
                raise refusal
        return HttpResponse("Done.")

    answer = decorate(view)(asked(by))
    assert isinstance(answer, HttpResponse)
    return answer.status_code, answer.content.decode()


@pytest.mark.parametrize("decorate", DECORATORS)
@pytest.mark.parametrize(
    ("refusal", "expected", "mistakes"),
    [
        (None, (200, "Done."), []),
        (BadContent(MISTAKES), (422, ""), MISTAKES),
        (WrongState("It is closed."), (409, "It is closed."), []),
        (StaleVersion("It has changed."), (409, "It has changed."), []),
    ],
)
def test_a_refused_action_shows_the_page_again_with_its_status(
    partnership: Partnership,
    decorate,
    refusal: Refusal | None,
    expected: tuple[int, str],
    mistakes: list[FieldError],
) -> None:
    taken: list[FieldError] = []
    person = partnership.people["finance.wcc"]
    assert answered(decorate, person, refusal, taken.extend) == expected
    assert taken == mistakes


@pytest.mark.parametrize("decorate", DECORATORS)
def test_the_page_of_a_403_says_who_may(partnership: Partnership, decorate) -> None:
    status, text = answered(
        decorate, partnership.people["finance.wcc"], NotAllowed("Only mayors may."), None
    )
    assert status == 403
    assert "Only mayors may." in text


@pytest.mark.parametrize("decorate", DECORATORS)
def test_mistakes_without_a_form_to_show_them_are_raised(
    partnership: Partnership, decorate
) -> None:
    with pytest.raises(BadContent):
        answered(decorate, partnership.people["finance.wcc"], BadContent(MISTAKES), None)


def test_a_person_without_an_appointment_is_told_whom_to_ask(partnership: Partnership) -> None:
    newcomer = User.objects.create_user("newcomer")
    status, text = answered(partnership_page, newcomer, None, None)
    assert status == 403
    assert "Your account has no appointment yet: ask the programme office for one." in text
