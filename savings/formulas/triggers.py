"""The triggers that keep the figures of closed quarters as they were, however rows are written.

A certified entry of a closed quarter falls on the councils by the rules in force in that quarter,
the drivers' values, who took part in the service, the state that kept it apart, and who hosted it.
None of these may be added, changed or removed if that would change how such an entry falls. Source:
`docs/adr/0019-closed-quarters-stay.md`.

Others check the agreed formulas themselves: shares that are whole, drivers that have values.
"""

from __future__ import annotations

import pgtrigger

from audit.triggers import Trigger, no_truncate
from savings.quarters.triggers import CLOSED
from services.functions import ABOVE, APART, COVERS, NEAREST, SETTLED

#: What splits figures once it is agreed, and from when.
_BEGINNINGS = """
    SELECT decision_id, effective_from FROM savings_attributionrule
    UNION ALL
    SELECT decision_id, effective_from FROM savings_transitionapproval
"""


def answers_in_time() -> pgtrigger.Trigger:
    """Refuse a council's answer to a rule that would split in a closed quarter.

    That includes a refusal, which would end a rule that was in force without that council. A rule
    that reaches back is answered whenever a council has decided: it only divides what no rule had.
    """
    return Trigger(
        name="answers_in_time",
        when=pgtrigger.Before,
        operation=pgtrigger.Insert,
        func=f"""
            IF EXISTS (
                SELECT 1 FROM savings_attributionrule r
                WHERE r.decision_id = NEW.decision_id
                  AND r.reaches_back_until IS NULL
                  AND savings_quarter_is_closed(r.effective_from)
            ) THEN {CLOSED} END IF;
            RETURN NEW;
        """,  # nosec B608
    )


def reaches_over_closed_quarters() -> pgtrigger.Trigger:
    """Refuse a rule that reaches back over a quarter that is still open."""
    return Trigger(
        name="reaches_over_closed_quarters",
        when=pgtrigger.Before,
        operation=pgtrigger.Insert,
        condition=pgtrigger.Q(new__reaches_back_until__isnull=False),
        func="""
            IF NOT savings_quarter_is_closed(NEW.reaches_back_until) THEN
                RAISE EXCEPTION 'a rule reaches back only over closed quarters'
                    USING ERRCODE = 'restrict_violation';
            END IF;
            RETURN NEW;
        """,
    )


#: The quarters that are closed; services with those below them; what is certified, by service
#: and by the quarter in which it is attributed.
_CLOSED_QUARTERS = """
    SELECT c.quarter FROM savings_period c WHERE savings_quarter_is_closed(c.quarter)"""
_BELOW = """
    below(top, id) AS (
        SELECT t.id, t.id FROM touched t
        UNION
        SELECT b.top, s.id FROM services_service s JOIN below b ON s.parent_id = b.id
    )"""
_CERTIFIED = """
    SELECT 1 FROM savings_entry e
    JOIN savings_return r ON r.id = e.parent_id AND r.status = 'certified'
    LEFT JOIN savings_entry c ON c.id = e.corrects_id
    JOIN savings_return a ON a.id = coalesce(c.parent_id, r.id)
    JOIN savings_period p ON p.id = a.period_id
    WHERE e.service_id = {service} AND p.quarter = {quarter}"""


def stays_in_the_tree() -> pgtrigger.Trigger:
    """Refuse to move a service in the tree once a closed quarter has figures there or below."""
    # An array is put together once; in a join, each quarter would be asked for every entry.
    sealed = _CERTIFIED.format(service="b.id", quarter=f"ANY (ARRAY({_CLOSED_QUARTERS}))")
    return Trigger(
        name="stays_in_the_tree",
        when=pgtrigger.Before,
        operation=pgtrigger.Update,
        condition=pgtrigger.AnyChange("parent"),
        func=f"""
            IF EXISTS (
                WITH RECURSIVE touched(id) AS (SELECT OLD.id), {_BELOW}
                SELECT 1 FROM below b WHERE EXISTS ({sealed})
            ) THEN {CLOSED} END IF;
            RETURN NEW;
        """,  # nosec B608
    )


#: For every service in reach and every closed quarter from the first that a rule or a
#: transition budget reaches:
#: the councils of the nearest service at or above it that has spells, before and after.
_SPELLS = """
    IF EXISTS (
        WITH RECURSIVE
        touched(id) AS ({touched}),
        {below},
        reached(id) AS (SELECT DISTINCT id FROM below),
        {rows},
{above},
        nearest_now AS ({nearest_now}),
        nearest_then AS ({nearest_then}),
        stands(quarter) AS MATERIALIZED (
            SELECT c.quarter FROM unnest(ARRAY({closed})) c (quarter)
            WHERE c.quarter >= (SELECT min(effective_from) FROM ({beginnings}) b)
        ),{settled}
        moved(id, quarter) AS (
            SELECT r.id, q.quarter FROM reached r CROSS JOIN stands q
            WHERE ARRAY(
                SELECT s.council_id FROM nearest_now n JOIN spells_now s ON s.service_id = n.step
                WHERE n.id = r.id AND {covers}{unless_now}
                ORDER BY s.council_id
            ) <> ARRAY(
                SELECT s.council_id FROM nearest_then n JOIN spells_then s ON s.service_id = n.step
                WHERE n.id = r.id AND {covers}{unless_then}
                ORDER BY s.council_id
            )
        ),
        under(id, quarter) AS (
            SELECT id, quarter FROM moved
            UNION
            SELECT s.id, u.quarter FROM services_service s JOIN under u ON s.parent_id = u.id
        )
        SELECT 1 FROM under u WHERE EXISTS (
            {certified} AND (e.scope = 'shared' OR r.council_id IS NULL)
        )
    ) THEN {refused} END IF;
    RETURN NULL;
"""
#: The rows of a table as the statement leaves them, and as they were before it.
_ROWS = """{name}_now AS (SELECT {columns} FROM {table}),
        {name}_then AS (
            SELECT {columns} FROM {table}
            WHERE id NOT IN ({ids_now})
            UNION ALL
            {rows_then}
        )"""
#: The rows of a table that the statement leaves alone.
_UNCHANGED = """{name}_now AS (SELECT {columns} FROM {table}),
        {name}_then AS (SELECT {columns} FROM {name}_now)"""
_COLUMNS = "service_id, council_id, from_quarter, to_quarter"
_NO_ROWS = "SELECT NULL::bigint, NULL::bigint, NULL::integer, NULL::integer WHERE FALSE"
_STATE_COLUMNS = "service_id, state, from_quarter, to_quarter"
_NO_STATES = "SELECT NULL::bigint, NULL::varchar, NULL::integer, NULL::integer WHERE FALSE"
_PARTICIPATION, _HOSTING, _STATES = (
    "services_participation",
    "services_hosting",
    "services_servicestate",
)
#: The state of every service in reach in each of those quarters: it keeps councils apart.
_SETTLED = """
        settled_now AS ({now}),
        settled_then AS ({then}),"""
_UNLESS_APART = """ AND NOT EXISTS (
                    SELECT 1 FROM settled_{when} t
                    WHERE t.id = r.id AND t.quarter = q.quarter AND {apart}
                )"""


def keeps_who_takes_part() -> list[pgtrigger.Trigger]:
    """Refuse to change who takes part in what is certified in a closed quarter.

    Compares before and after a whole statement, so that several spells may be written together
    that would be refused one by one.
    """
    return _keeps(_PARTICIPATION, states=True)


def keeps_who_hosts() -> list[pgtrigger.Trigger]:
    """The same for who hosts it."""
    return _keeps(_HOSTING, states=False)


def keeps_what_became_of_it() -> list[pgtrigger.Trigger]:
    """The same for a service's state, by which nobody shared it or councils did."""
    return _keeps(_STATES, states=True)


def _keeps(table: str, *, states: bool) -> list[pgtrigger.Trigger]:
    before, after = pgtrigger.Referencing(old="rows_then"), pgtrigger.Referencing(new="rows_now")
    both = pgtrigger.Referencing(old="rows_then", new="rows_now")
    return [
        _spell_trigger("added", table, pgtrigger.Insert, after, states=states),
        _spell_trigger("changed", table, pgtrigger.Update, both, states=states),
        _spell_trigger("removed", table, pgtrigger.Delete, before, states=states),
        no_truncate(),
    ]


def _spell_trigger(
    name: str,
    table: str,
    operation: pgtrigger.Operation,
    rows: pgtrigger.Referencing,
    *,
    states: bool,
) -> Trigger:
    tables = [rows_of for rows_of in (rows.old, rows.new) if rows_of]
    of_states = table == _STATES
    compared = [
        _compared("spells", _PARTICIPATION, _COLUMNS, None)
        if of_states
        else _compared("spells", table, _COLUMNS, rows)
    ]
    settled = {"now": "", "then": ""}
    if states:
        compared.append(_compared("states", _STATES, _STATE_COLUMNS, rows if of_states else None))
        settled = {
            when: SETTLED.format(
                quarters="stands", states=f"states_{when}", spells=f"spells_{when}"
            )
            for when in settled
        }
    apart = APART.format(state="t.state")
    func = _SPELLS.format(
        touched=" UNION ".join(f"SELECT service_id FROM {rows_of}" for rows_of in tables),  # nosec B608
        below=_BELOW,
        rows=",\n        ".join(compared),
        above=ABOVE.format(asked="reached"),
        nearest_now=NEAREST.format(spells="spells_now"),
        nearest_then=NEAREST.format(spells="spells_then"),
        covers=COVERS.format(quarter="q.quarter"),
        beginnings=_BEGINNINGS,
        settled=_SETTLED.format(**settled) if states else "",
        unless_now=_UNLESS_APART.format(when="now", apart=apart) if states else "",
        unless_then=_UNLESS_APART.format(when="then", apart=apart) if states else "",
        certified=_CERTIFIED.format(service="u.id", quarter="u.quarter"),
        closed=_CLOSED_QUARTERS,
        refused=CLOSED,
    )
    return Trigger(
        name=f"who_shared_stays_{name}",
        level=pgtrigger.Statement,
        when=pgtrigger.After,
        operation=operation,
        referencing=rows,
        func=func,
    )


def _compared(name: str, table: str, columns: str, rows: pgtrigger.Referencing | None) -> str:
    """The rows of a table now and then; `rows` are those that the statement writes, if any."""
    if rows is None:
        return _UNCHANGED.format(name=name, table=table, columns=columns)
    no_rows = _NO_STATES if columns == _STATE_COLUMNS else _NO_ROWS
    return _ROWS.format(
        name=name,
        table=table,
        columns=columns,
        ids_now=f"SELECT id FROM {rows.new}" if rows.new else "SELECT NULL::bigint WHERE FALSE",  # nosec B608
        rows_then=f"SELECT {columns} FROM {rows.old}" if rows.old else no_rows,  # nosec B608
    )


def refused_before_it_holds() -> pgtrigger.Trigger:
    """Refuse a refusal of a rule in force: a council that joined later can't end it for others.

    In the quarters in which that council takes part, it is not in force without its agreement. A
    council also can't refuse a rule of a service that it takes no part in.
    """
    return Trigger(
        name="refused_before_it_holds",
        when=pgtrigger.Before,
        operation=pgtrigger.Insert,
        condition=pgtrigger.Q(new__agree=False),
        func="""
            IF EXISTS (SELECT 1 FROM savings_quarters_in_force(NEW.decision_id)) THEN
                RAISE EXCEPTION 'a rule in force is replaced by another, not refused'
                    USING ERRCODE = 'restrict_violation';
            END IF;
            IF EXISTS (
                SELECT 1 FROM savings_attributionrule r
                WHERE r.decision_id = NEW.decision_id
                  AND NOT savings_is_asked(NEW.decision_id, NEW.council_id)
            ) THEN
                RAISE EXCEPTION 'who takes no part in a service has nothing to refuse of it'
                    USING ERRCODE = 'restrict_violation';
            END IF;
            RETURN NEW;
        """,
    )


def in_use_stays() -> pgtrigger.Trigger:
    """Refuse to withdraw a rule that is in force in any quarter."""
    return Trigger(
        name="in_use_stays",
        when=pgtrigger.Before,
        operation=pgtrigger.Update,
        condition=pgtrigger.Q(new__withdrawn_at__isnull=False),
        func="""
            IF EXISTS (SELECT 1 FROM savings_quarters_in_force(NEW.id)) THEN
                RAISE EXCEPTION 'a rule in force is replaced by another, not withdrawn'
                    USING ERRCODE = 'restrict_violation';
            END IF;
            RETURN NEW;
        """,
    )


def shares_are_whole() -> pgtrigger.Trigger:
    """Refuse shares or weights that do not add up to exactly 1, or that name something unknown.

    Fractions are added over a common denominator, in whole numbers of any length.
    """
    return Trigger(
        name="shares_are_whole",
        when=pgtrigger.Before,
        operation=pgtrigger.Insert,
        condition=pgtrigger.Q(new__method__in=["fixed", "blend"]),
        declare=[
            ("share", "record"),
            ("part", "numeric"),
            ("whole", "numeric"),
            ("over", "numeric := 0"),
            ("under", "numeric := 1"),
        ],
        func=r"""
            FOR share IN
                SELECT g.key AS code,
                       CASE jsonb_typeof(g.value) WHEN 'string' THEN trim(g.value #>> '{}')
                       ELSE '' END AS said
                FROM jsonb_each(
                    CASE NEW.method WHEN 'fixed' THEN NEW.shares ELSE NEW.weights END
                ) g
            LOOP
                IF share.said !~ '^[0-9]{1,18}/0*[1-9][0-9]{0,17}$'
                   AND share.said !~ '^([0-9]{1,12}(\.[0-9]{1,18})?|\.[0-9]{1,18})$' THEN
                    RAISE EXCEPTION '“%” is not a share', share.said
                        USING ERRCODE = 'check_violation';
                END IF;
                IF NOT EXISTS (
                    SELECT 1 FROM sovereignty_council c
                    WHERE NEW.method = 'fixed' AND c.code = share.code
                    UNION ALL
                    SELECT 1 FROM savings_driver d
                    WHERE NEW.method = 'blend' AND d.code = share.code
                ) THEN
                    RAISE EXCEPTION 'there is no “%” to share by', share.code
                        USING ERRCODE = 'check_violation';
                END IF;
                part := split_part(share.said, '/', 1)::numeric;
                whole := coalesce(nullif(split_part(share.said, '/', 2), ''), '1')::numeric;
                over := over * whole + part * under;
                under := under * whole;
            END LOOP;
            IF over <> under THEN
                RAISE EXCEPTION 'shares must add up to exactly one'
                    USING ERRCODE = 'check_violation';
            END IF;
            RETURN NEW;
        """,
    )


def driver_has_values() -> pgtrigger.Trigger:
    """Refuse to share by a driver without a value for a participant, or with only values of 0."""
    return Trigger(
        name="driver_has_values",
        when=pgtrigger.Before,
        operation=pgtrigger.Insert,
        condition=pgtrigger.Q(new__method__in=["driver", "blend"]),
        declare=[("used", "record")],
        func="""
            FOR used IN
                SELECT d.id, d.code FROM savings_driver d
                WHERE d.id = NEW.driver_id OR jsonb_exists(NEW.weights, d.code)
            LOOP
                IF savings_driver_lacks_value(used.id, NEW.service_id, NEW.effective_from) THEN
                    RAISE EXCEPTION 'the driver “%” has nothing to share by', used.code
                        USING ERRCODE = 'check_violation';
                END IF;
            END LOOP;
            RETURN NEW;
        """,
    )
