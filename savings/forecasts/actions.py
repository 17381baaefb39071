"""The actions on a return's forecasts: replace them, all or none, with an event."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime

from django.db import transaction

from finance.money import from_pence
from savings.forecasts.reports import (
    SAVED,
    initiatives_of,
    is_illustrative,
    last_forecasts,
    row_of,
    saves_since,
)
from savings.forecasts.rows import ForecastRow, describe, read_rows
from savings.kit.provenance import Provenance
from savings.returns.actions import check_editable, count_save, locked, record
from savings.returns.models import Forecast, Return
from savings.returns.rows import RawRows
from services.models import Service
from sovereignty.models import User
from sovereignty.refusals import BadContent


@transaction.atomic
def replace_forecasts(
    *,
    return_id: int,
    version: int,
    rows: RawRows,
    by: User,
    at: datetime,
    provenance: Provenance = Provenance.REPORTED,
) -> Return:
    """Replace a draft's forecasts with these rows; every row is stored or none is.

    `rows` pairs each row's number with its columns, as typed. A row that is identical to an
    illustrative forecast, of this quarter or of the last one, which a form starts from, stays
    illustrative. Rows that change nothing leave the version as it is. Raises NotAllowed,
    WrongState, StaleVersion, or BadContent with every mistake of every row.
    """
    parent = locked(return_id, version, "savings.fill_return", by)
    check_editable(parent)
    owed = initiatives_of(parent)
    typed, errors = read_rows(rows, {initiative.service for initiative in owed})
    if errors:
        raise BadContent(errors)
    old = {
        forecast.service.slug: forecast for forecast in parent.forecasts.select_related("service")
    }
    was = {slug: row_of(forecast) for slug, forecast in old.items()}
    now = {row.service: row for row in typed}
    if was == now:
        return parent
    origins = _origins(parent, old, rows, typed, provenance)
    origins_before = {slug: forecast.provenance for slug, forecast in old.items()}
    _write(parent, old, was, now, origins)
    count_save(parent, by)
    record(
        parent,
        by,
        at,
        SAVED,
        before={"version": version, "forecasts": _said(was, now, origins_before)},
        after={"version": parent.version, "forecasts": _said(now, was, origins)},
    )
    return parent


@transaction.atomic
def replace_forecasts_as_read(
    *, return_id: int, version: int, rows: RawRows, by: User, at: datetime
) -> Return:
    """Replace a draft's forecasts as `replace_forecasts` does, whatever else has changed.

    A return's version also changes with its entries and its steps. If no forecasts were saved since
    the version that was read, nothing saved is overwritten. Raises StaleVersion if some were.
    """
    parent = Return.objects.select_for_update(of=("self",)).get(id=return_id)
    if version < parent.version and not saves_since(parent, version):
        version = parent.version
    return replace_forecasts(return_id=return_id, version=version, rows=rows, by=by, at=at)


def _origins(
    parent: Return,
    old: Mapping[str, Forecast],
    raw: RawRows,
    typed: Sequence[ForecastRow],
    provenance: Provenance,
) -> dict[str, Provenance]:
    """The provenance of each row: a made-up figure does not become a reported one."""
    known = [*old.values(), *last_forecasts(parent).values()]
    made_up = {row_of(forecast) for forecast in known if is_illustrative(forecast)}
    return {
        row.service: Provenance.ILLUSTRATIVE
        if row in made_up or columns.get("provenance") == Provenance.ILLUSTRATIVE
        else provenance
        for row, (_, columns) in zip(typed, raw, strict=True)
    }


def _write(
    parent: Return,
    old: Mapping[str, Forecast],
    was: Mapping[str, ForecastRow],
    now: Mapping[str, ForecastRow],
    origins: Mapping[str, Provenance],
) -> None:
    """Write what differs; a changed forecast keeps its number."""
    gone = [forecast.id for slug, forecast in old.items() if slug not in now]
    if gone:
        parent.forecasts.filter(id__in=gone).delete()
    services = {
        service.slug: service for service in Service.objects.filter(slug__in=set(now) - set(was))
    }
    new = [Forecast(parent=parent, service=services[slug]) for slug in now if slug not in was]
    changed = [old[slug] for slug in now if slug in was and was[slug] != now[slug]]
    for forecast in (*new, *changed):
        row = now[forecast.service.slug]
        forecast.this_year = from_pence(row.this_year)
        forecast.full_year_effect = from_pence(row.full_year_effect)
        forecast.status = row.status
        forecast.starts_on = row.starts_on
        forecast.reason = row.reason
        forecast.replacement = row.replacement
        forecast.provenance = origins[row.service]
    Forecast.objects.bulk_create(new)
    Forecast.objects.bulk_update(changed, _FIELDS)


_FIELDS = (
    "this_year",
    "full_year_effect",
    "status",
    "starts_on",
    "reason",
    "replacement",
    "provenance",
)


def _said(
    rows: Mapping[str, ForecastRow], others: Mapping[str, ForecastRow], origins: Mapping[str, str]
) -> list[dict[str, object]]:
    """The forecasts that differ from the others, as an event keeps them.

    In the order of the services, with the provenance only if it is not “reported”.
    """
    return [
        describe(rows[slug])
        | ({} if origins[slug] == Provenance.REPORTED else {"provenance": str(origins[slug])})
        for slug in sorted(rows)
        if rows[slug] != others.get(slug)
    ]
