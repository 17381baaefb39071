"""Rows of a return: from text to typed values, or every mistake at once. Pure.

The form, the API and an uploaded file all use `read_rows`, so that the same text is accepted or
refused everywhere. Source: the public contract, "A quarterly return".
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, field

from finance.money import MoneyError, json_money, parse_money
from finance.periods import Quarter
from savings.budgets.claims import Budgets, Claim, no_such
from savings.filling.shareable import Shareable
from savings.returns.rows import CAUSES, COLUMNS, KINDS, NATURES, RECURRENCES, SCOPES, EntryRow
from sovereignty.refusals import FieldError
from sovereignty.texts import LONGEST_TEXT

#: What a reader may send back with a row, although they can't set it.
IGNORED_KEYS = ("id", "provenance")


#: What neither XML nor a spreadsheet can hold; they can hold line breaks and tabs.
_UNWRITABLE = re.compile("[\x01-\x08\x0b\x0c\x0e-\x1f\ufffe\uffff]")
#: The most mistakes that are reported at a time: two for each row of the longest file.
MOST_MISTAKES = 100_000


@dataclass(frozen=True, slots=True)
class Reference:
    """What rows may refer to: services, councils, transition budgets, entries to correct.

    `correctable` has the quarter of each entry's return by the entry's id. `shareable` says what
    councils share; without it any service may be.
    """

    services: frozenset[str]
    councils: frozenset[str]
    budgets: Budgets | None = None
    correctable: Mapping[int, Quarter] = field(default_factory=dict)
    shareable: Shareable | None = None


def read_rows(
    raw: Iterable[tuple[int, Mapping[str, object]]], reference: Reference
) -> tuple[list[EntryRow], list[FieldError]]:
    """Valid rows and every mistake; use the rows only if there is no mistake.

    `raw` pairs each row's number, as its sender counts it, with its columns. Text is stripped of
    spaces around it; `tupe` may be a list or codes between commas. Stops if there are more than
    MOST_MISTAKES.

    >>> rows, errors = read_rows([(2, {"service": "hr", "kind": "saving", "scope": "own",
    ...     "amount": "45k", "recurrence": "recurring", "nature": "cashable"})],
    ...     Reference(frozenset({"hr"}), frozenset({"WCC"})))
    >>> rows[0].amount, errors
    (4500000, [])
    """
    rows: list[EntryRow] = []
    errors: list[FieldError] = []
    claims: list[Claim] = []
    alike = _Alike()
    for number, columns in raw:
        row = alike.read(columns)
        if row is None:
            reader = _RowReader(number, columns, reference)
            row = reader.read()
            errors.extend(reader.errors)
            claims.extend(reader.claims)
            if len(errors) > MOST_MISTAKES:
                break
            if row is not None:
                alike.keep(columns, row)
        if row is not None:
            rows.append(row)
    return rows, [*errors, *_past_the_ceiling(claims, reference)]


def _past_the_ceiling(claims: list[Claim], reference: Reference) -> list[FieldError]:
    """Only all rows together can pass a ceiling, so this is checked after the last."""
    if reference.budgets is None:
        return []
    return [
        FieldError("amount", why, json_money(claim.pence), claim.row)
        for claim, why in reference.budgets.past_the_ceiling(claims)
    ]


def named_budgets(raw: Iterable[tuple[int, Mapping[str, object]]]) -> bool:
    """Whether any row names a transition budget, so that budgets have to be looked up."""
    return any(columns.get("approval") for _, columns in raw)


def correction_ids(raw: Iterable[tuple[int, Mapping[str, object]]]) -> set[int]:
    """The ids that rows ask to correct, as far as they are ids: what to look up."""
    texts = {str(columns.get("corrects") or "").strip() for _, columns in raw}
    return {int(text) for text in texts if _is_id(text)}


def _is_id(text: str) -> bool:
    return text.isascii() and text.isdigit() and len(text) <= 18


class ColumnReader:
    """Reads the columns of one row, of a return or of its forecasts, keeping every mistake."""

    def __init__(self, number: int, columns: Mapping[str, object]) -> None:
        self.number = number
        self.columns = columns
        self.errors: list[FieldError] = []
        self.claims: list[Claim] = []

    def wrong(self, column: str, value: object, message: str) -> None:
        shown = "" if value is None else str(value)
        self.errors.append(
            FieldError(
                field=printable(column)[:80],
                message=printable(message),
                value=printable(shown)[:200],
                row=self.number,
            )
        )

    def value(self, column: str) -> object:
        """What was sent in the column; None if nothing was."""
        return self.columns.get(column)

    def text(self, column: str) -> str | None:
        """The column's text without spaces around it; None if it was not text."""
        value = self.value(column)
        if value is None:
            return ""
        if not isinstance(value, str):
            self.wrong(column, value, "Send this as text.")
            return None
        if "\x00" in value:
            self.wrong(column, value, "Remove the null character.")
            return None
        if printable(value) != value:
            self.wrong(column, value, "Remove the broken character.")
            return None
        if _UNWRITABLE.search(value):
            self.wrong(column, value, "Remove the control character.")
            return None
        return value.strip()

    def unknown_columns(self, known: Collection[str]) -> None:
        for key in self.columns:
            if key not in known:
                self.wrong(
                    str(key), self.columns[key], "There is no such column: remove or rename it."
                )

    def choice(self, column: str, allowed: tuple[str, ...], *, needed: bool, why: str) -> str:
        value = self.text(column)
        if value is None:
            return ""
        if not value:
            if needed:
                self.wrong(column, value, f"Enter {why}: {_one_of(allowed)}.")
            return ""
        if value not in allowed:
            self.wrong(column, value, f"“{value[:60]}” is not known here: use {_one_of(allowed)}.")
            return ""
        return value

    def money(self, column: str) -> int:
        """The column's pence; 0 if it was a mistake."""
        value = self.value(column)
        if value is not None and not isinstance(value, str):
            self.wrong(
                column, value, 'Send the amount as text, such as "1234.50", not as a number.'
            )
            return 0
        try:
            return parse_money(value or "")
        except MoneyError as error:
            self.wrong(column, value, str(error))
            return 0

    def must_be_empty(self, column: str, message: str) -> None:
        text = self.text(column)
        if text:
            self.wrong(column, text, message)

    def free_text(self, column: str) -> str:
        text = self.text(column) or ""
        if len(text) > LONGEST_TEXT:
            self.wrong(column, text, f"Shorten this to {LONGEST_TEXT:,} characters.")
        return text


class _Alike:
    """Reads a row in a third of the time if one with the same words was right before.

    Most rows of a long return differ only in amount, evidence and note. Gives None for any that is
    not clearly right: `_RowReader` says what is wrong with it.
    """

    _WORDS = tuple(name for name in COLUMNS if name not in ("amount", "evidence", "note"))
    _KEYS = frozenset((*COLUMNS, *IGNORED_KEYS))
    _MOST = 10_000

    def __init__(self) -> None:
        self.rows: dict[tuple[object, ...], EntryRow] = {}

    def keep(self, columns: Mapping[str, object], row: EntryRow) -> None:
        words = tuple(map(columns.get, self._WORDS))
        # Only a close look can tell a number or a list from an equal text, and each claim on a
        # budget counts.
        plain = not row.approval and all(isinstance(word, str | None) for word in words)
        if plain and len(self.rows) < self._MOST:
            self.rows[words] = row

    def read(self, columns: Mapping[str, object]) -> EntryRow | None:
        try:
            like = self.rows.get(tuple(map(columns.get, self._WORDS)))
        except TypeError:  # a list of councils
            return None
        if like is None or not self._KEYS.issuperset(columns):
            return None
        amount = columns.get("amount")
        evidence, note = columns.get("evidence", ""), columns.get("note", "")
        if not (isinstance(amount, str) and isinstance(evidence, str) and isinstance(note, str)):
            return None
        if len(evidence) + len(note) > LONGEST_TEXT:
            return None
        if not (evidence.isprintable() and note.isprintable()):
            return None
        try:
            pence = parse_money(amount)
        except MoneyError:
            return None
        return EntryRow(
            like.service,
            like.kind,
            like.scope,
            pence,
            like.recurrence,
            like.nature,
            like.cause,
            like.caused_by,
            like.tupe,
            like.approval,
            like.corrects,
            evidence.strip(),
            note.strip(),
        )


class _RowReader(ColumnReader):
    """Reads one row of a return."""

    def __init__(self, number: int, columns: Mapping[str, object], reference: Reference) -> None:
        super().__init__(number, columns)
        self.reference = reference

    def value(self, column: str) -> object:
        value = super().value(column)
        if column == "tupe" and isinstance(value, list | tuple):
            return ",".join(str(item) for item in value)
        if column == "corrects" and isinstance(value, int) and not isinstance(value, bool):
            return str(value)
        return value

    def read(self) -> EntryRow | None:
        self.unknown_columns((*COLUMNS, *IGNORED_KEYS))
        service = self.service()
        kind = self.choice("kind", KINDS, needed=True, why="the kind of entry")
        scope = self.choice("scope", SCOPES, needed=True, why="who it falls on")
        amount = self.money("amount")
        saving = kind == "saving"
        recurrence = self.choice("recurrence", RECURRENCES, needed=saving, why="whether it recurs")
        nature = self.choice("nature", NATURES, needed=saving, why="the nature of the saving")
        cause = self.cause(kind)
        corrects = self.corrects()
        if not self.is_retired(service, corrects) and scope == "shared":
            self.is_shared(service, corrects)
        row = EntryRow(
            service=service,
            kind=kind,
            scope=scope,
            amount=amount,
            recurrence=recurrence,
            nature=nature,
            cause=cause,
            caused_by=self.caused_by(kind, cause),
            tupe=self.tupe(kind),
            approval=self.budget(kind, service, amount, corrects),
            corrects=corrects,
            evidence=self.free_text("evidence"),
            note=self.free_text("note"),
        )
        return None if self.errors else row

    def service(self) -> str:
        service = self.text("service")
        if service is None:
            return ""
        if not service:
            self.wrong("service", service, "Enter the service's short name, such as “libraries”.")
        elif service not in self.reference.services:
            self.wrong(
                "service",
                service,
                f"There is no service “{service[:80]}”: use one from the list of services.",
            )
        return service

    def is_retired(self, service: str, corrects: int | None) -> bool:
        """Refuse a new entry of a service that is retired in the return's quarter."""
        shareable = self.reference.shareable
        if shareable is None or service not in shareable.tree.nodes:
            return False
        why = shareable.why_retired(service, corrects)
        if why:
            self.wrong("service", service, why)
        return bool(why)

    def is_shared(self, service: str, corrects: int | None) -> None:
        """Only what two or more councils share can be shared, in the corrected entry's quarter."""
        shareable = self.reference.shareable
        # While the service is a mistake itself, nobody knows who shares it.
        if shareable is None or service not in shareable.tree.nodes:
            return
        quarter = None if corrects is None else self.reference.correctable[corrects]
        if why := shareable.why_not(service, quarter, corrects):
            self.wrong("scope", "shared", why)

    def cause(self, kind: str) -> str:
        if kind and kind != "variance":
            self.must_be_empty("cause", "Only a variance has a cause: leave this empty.")
            return ""
        return self.choice(
            "cause", CAUSES, needed=kind == "variance", why="the cause of the variance"
        )

    def caused_by(self, kind: str, cause: str) -> str:
        if cause != "specification_change":
            # If kind or cause is wrong, it is not known whether this belongs here.
            if cause or kind not in ("", "variance"):
                self.must_be_empty(
                    "caused_by",
                    "Only a variance with the cause specification_change has this: leave it empty.",
                )
            return ""
        code = self.text("caused_by")
        if code is None:
            return ""
        if not code:
            self.wrong("caused_by", code, "Enter the council that changed its specification.")
        else:
            self.council("caused_by", code)
        return code

    def council(self, column: str, code: str) -> None:
        if code not in self.reference.councils:
            known = _one_of(sorted(self.reference.councils))
            self.wrong(column, code, f"There is no council “{code[:40]}”: use {known}.")

    def tupe(self, kind: str) -> tuple[str, ...]:
        if kind and kind != "ongoing_cost":
            self.must_be_empty("tupe", "Only an ongoing cost has this: leave it empty.")
            return ()
        text = self.text("tupe")
        if not text:
            return ()
        codes = [code.strip() for code in text.split(",")]
        for code in codes:
            self.council("tupe", code)
        return tuple(sorted(set(codes)))

    def budget(self, kind: str, service: str, amount: int, corrects: int | None) -> str:
        if kind and kind != "transition_cost":
            self.must_be_empty("approval", "Only a transition cost has this: leave it empty.")
            return ""
        code = self.text("approval")
        if not code:
            return ""
        why = self.no_budget(code, service, corrects)
        if why:
            self.wrong("approval", code, why)
        else:
            self.claims.append(Claim(self.number, code, amount))
        return code

    def no_budget(self, code: str, service: str, corrects: int | None) -> str:
        budgets = self.reference.budgets
        if budgets is None or code not in budgets.by_code:
            return no_such(code)
        # If the service is wrong, it is not known whether the budget is for it.
        if service not in budgets.tree.nodes:
            return ""
        quarter = self.reference.correctable[corrects] if corrects is not None else None
        return budgets.why_not(code, service, quarter)

    def corrects(self) -> int | None:
        text = self.text("corrects")
        if not text:
            return None
        if not _is_id(text) or int(text) not in self.reference.correctable:
            self.wrong(
                "corrects",
                text,
                "Enter the number of one of this council's certified entries in an earlier "
                "quarter.",
            )
            return None
        return int(text)


def printable(text: str) -> str:
    """Text that can be stored and sent: without nulls and halves of surrogate pairs."""
    if text.isprintable():
        return text
    return text.replace("\x00", "\N{REPLACEMENT CHARACTER}").encode("utf-8", "replace").decode()


def _one_of(allowed: Iterable[str]) -> str:
    *most, last = allowed
    return f"{', '.join(most)} or {last}" if most else last
