"""Forms that ask and answer. The action decides whether a text is valid."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from django import forms
from django.http import QueryDict

from savings.returns.models import MOST_QUESTIONS, Entry
from sovereignty.refusals import FieldError


class TextForm(forms.Form):
    """One text, kept as typed."""

    text = forms.Field(required=False, widget=forms.Textarea)

    def typed(self) -> str:
        return str(self["text"].value() or "").replace("\r\n", "\n")

    def add_errors(self, errors: Iterable[FieldError]) -> None:
        for error in errors:
            self.add_error("text", error.message)


class QuestionForm(TextForm):
    text = forms.Field(label="What do you want to know?", required=False, widget=forms.Textarea)


class AnswerForm(TextForm):
    text = forms.Field(label="Your answer", required=False, widget=forms.Textarea)


@dataclass
class LineQuestion:
    """A line that can be ticked to ask about it."""

    entry: Entry
    ticked: bool
    text: str
    error: str = ""

    @property
    def tick_name(self) -> str:
        return f"ask-{self.entry.id}"

    @property
    def text_name(self) -> str:
        return f"question-{self.entry.id}"

    @property
    def error_href(self) -> str:
        return f"#{self.text_name if self.ticked else self.tick_name}"


class LineQuestions:
    """The lines of a return, each with a checkbox and a field for a question.

    A page shows at most `most` of `total` lines. `leftover` is what was typed about lines that
    have been removed.
    """

    most = MOST_QUESTIONS

    def __init__(self, entries: Sequence[Entry], total: int, data: QueryDict | None = None) -> None:
        self.total = total
        sent = data if data is not None else QueryDict()
        self.lines = [
            LineQuestion(
                entry,
                ticked=f"ask-{entry.id}" in sent,
                text=sent.get(f"question-{entry.id}", "").replace("\r\n", "\n"),
            )
            for entry in entries
        ]
        here = {line.text_name for line in self.lines}
        self.leftover = [
            text
            for name in sent
            if name.startswith("question-") and name not in here
            if (text := sent.get(name, "").strip())
        ]

    @property
    def more(self) -> bool:
        return self.total > len(self.lines)

    def asked(self) -> list[tuple[int, str]]:
        return [(line.entry.id, line.text) for line in self._ticked()]

    def mark_mistakes(self) -> bool:
        """Mark a ticked line without a question, and a question whose line isn't ticked."""
        for line in self.lines:
            if line.ticked and not line.text.strip():
                line.error = "Write what you want to know, or untick the row."
            elif not line.ticked and line.text.strip():
                line.error = "Tick the row to ask this, or clear the question."
        return any(line.error for line in self.lines)

    def take_errors(self, errors: Iterable[FieldError]) -> list[FieldError]:
        """Put the errors of questions by their lines, and return the others."""
        ticked, others = self._ticked(), []
        for error in errors:
            if error.row is None:
                others.append(error)
            else:
                ticked[error.row - 1].error = error.message
        return others

    @property
    def error_links(self) -> list[dict[str, str]]:
        return [
            {"message": f"Row {line.entry.position}: {line.error}", "href": line.error_href}
            for line in self.lines
            if line.error
        ]

    def _ticked(self) -> list[LineQuestion]:
        return [line for line in self.lines if line.ticked]
