"""The email that invites a person, with the link by which they choose their password."""

from __future__ import annotations

import logging

from django.conf import settings
from django.core.mail import EmailMessage
from django.template.loader import render_to_string
from django.urls import reverse

from sovereignty.invitations import names_in_link
from sovereignty.models import User

logger = logging.getLogger(__name__)


def link_for(user: User) -> str:
    """A link, made now, by which the person chooses their password."""
    return f"{settings.SITE_URL}{reverse('invitation', args=names_in_link(user))}"


def send(user: User, link: str) -> bool:
    """Send a person their link; whether it went out."""
    if not (settings.SENDS_EMAIL and user.email):
        return False
    context = {"person": user, "link": link, "days": settings.PASSWORD_RESET_TIMEOUT // 86_400}
    text = render_to_string("savings/setup/invitation.txt", context)
    try:
        EmailMessage("Your account on Tri-borough", text, to=[user.email]).send()
    except OSError:  # as every failure of SMTP is
        logger.exception("The invitation of %s could not be sent.", user.username)
        return False
    return True
