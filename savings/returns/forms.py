"""What every form on a return's pages sends: the version that was read."""

from __future__ import annotations

from django import forms


class VersionForm(forms.Form):
    """The version of the return that the page was made from."""

    version = forms.IntegerField(min_value=0, widget=forms.HiddenInput)
