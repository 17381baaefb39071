"""Signing in, in words that say what to do."""

from typing import Any

from django.contrib.auth.forms import AuthenticationForm


class SignInForm(AuthenticationForm):
    error_messages = {
        "invalid_login": "The user name and password do not match. Check both and try again.",
        "inactive": "This account is closed. Ask the programme office to open it again.",
    }

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["username"].label = "User name"
        # Who uses the keyboard or a screen reader begins at the top of this page as of any other.
        del self.fields["username"].widget.attrs["autofocus"]
        self.fields["username"].error_messages["required"] = "Enter your user name"
        self.fields["password"].error_messages["required"] = "Enter your password"
