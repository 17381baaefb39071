"""The link by which an invited person chooses their own password.

It names the person and carries a token that works once, for the days of PASSWORD_RESET_TIMEOUT.
Nothing of it is stored: the token is made of what the account holds, so that choosing a password,
or making a later link, ends it.
"""

from __future__ import annotations

from django.contrib.auth.tokens import PasswordResetTokenGenerator
from django.utils.encoding import force_bytes, force_str
from django.utils.http import urlsafe_base64_decode, urlsafe_base64_encode

from sovereignty.models import User


class _Tokens(PasswordResetTokenGenerator):
    key_salt = "sovereignty.invitations"


TOKENS = _Tokens()


def names_in_link(user: User) -> tuple[str, str]:
    """What the link names: the person, and a token that is made now."""
    return urlsafe_base64_encode(force_bytes(user.pk)), TOKENS.make_token(user)


def invited(person: str, token: str) -> User | None:
    """The person whom a link invites. None if it was used, is too old, or was never made."""
    try:
        number = int(force_str(urlsafe_base64_decode(person)))
    except (ValueError, OverflowError):
        return None
    if not 0 < number < 2**63:
        return None
    user = User.objects.filter(pk=number, is_active=True).first()
    if user is None or user.has_usable_password() or not TOKENS.check_token(user, token):
        return None
    return user
