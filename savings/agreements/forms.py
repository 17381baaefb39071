"""The forms of a proposal: answer it, speak about it, call a mediator, withdraw it.

The actions check what is said. A form keeps the text and puts each mistake beside its control.
"""

from __future__ import annotations

from django import forms

from savings.kit.forms import SayingForm


class AnswerForm(SayingForm):
    agree = forms.Field(
        label="Does your council agree?",
        required=False,
        widget=forms.RadioSelect(choices=[("yes", "It agrees"), ("no", "It refuses")]),
    )
    minute_reference = forms.Field(
        label="Minute that records it",
        help_text="Where the decision is written down, such as Cabinet, 4 June 2013, item 7.",
        required=False,
    )
    reason = forms.Field(
        label="Why it refuses",
        help_text="Only needed if your council refuses. The other councils will read it.",
        required=False,
        widget=forms.Textarea(attrs={"rows": 3}),
    )

    def agrees(self) -> bool | None:
        return {"yes": True, "no": False}.get(self.say("agree"))


class SpeakForm(SayingForm):
    text = forms.Field(
        label="What do you want the others to know?",
        required=False,
        widget=forms.Textarea(attrs={"rows": 3}),
    )


class MediatorForm(SayingForm):
    mediator = forms.Field(label="Who will mediate?", required=False)
    text = forms.Field(
        label="What is the question for the mediator?",
        required=False,
        widget=forms.Textarea(attrs={"rows": 3}),
    )


class WithdrawForm(SayingForm):
    reason = forms.Field(
        label="Why is it withdrawn?", required=False, widget=forms.Textarea(attrs={"rows": 3})
    )
