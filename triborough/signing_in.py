"""The page to sign in on. On a site without any account it says how the first one is made."""

from __future__ import annotations

from typing import Any

from django.contrib.auth.views import LoginView

from sovereignty.models import User
from triborough.forms import SignInForm


class SignIn(LoginView):
    authentication_form = SignInForm

    def get_context_data(self, **context: Any) -> dict[str, Any]:
        return super().get_context_data(**context, no_account=not User.objects.exists())
