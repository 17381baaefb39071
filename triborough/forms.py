"""The form to sign in, with errors that say what to do."""

from typing import Any

from django.contrib.auth.forms import AuthenticationForm


class SignInForm(AuthenticationForm):
    error_messages = {
        "invalid_login": "The username and password do not match. Check both and try again.",
        "inactive": "This account is closed. Ask the programme office to open it again.",
    }

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["username"].label = "Username"
        # People who use a keyboard or a screen reader start at the top, as on any other page.
        del self.fields["username"].widget.attrs["autofocus"]
        self.fields["username"].error_messages["required"] = "Enter your username"
        self.fields["password"].error_messages["required"] = "Enter your password"
