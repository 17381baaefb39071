"""What keeps the figures of closed quarters as they were closed, whoever writes and however.

A certified entry of a closed quarter falls on the councils by the rules in force in that
quarter, the drivers' values, who took part in the service and who hosted it. None of these
may come about, change or go so that such an entry would fall otherwise. Source:
`docs/adr/0019-closed-quarters-stay.md`.

And what holds agreed formulas themselves: shares that are whole, drivers that have values.
"""

from __future__ import annotations

import pgtrigger

from audit.triggers import READ_COMMITTED, Trigger, no_truncate
from savings.quarters.triggers import CLOSED

#: What figures fall by once it is agreed, and from when.
_BEGINNINGS = """
    SELECT decision_id, effective_from FROM savings_attributionrule
    UNION ALL
    SELECT decision_id, effective_from FROM savings_transitionapproval
"""


def answers_in_time() -> pgtrigger.Trigger:
    """Refuse a council's answer to what would split, or be claimed on, in a closed quarter.

    A refusal too: by it a rule that was in force without that council would be no more.
    """
    return Trigger(
        name="answers_in_time",
        when=pgtrigger.Before,
        operation=pgtrigger.Insert,
        func=f"""
            IF EXISTS (
                SELECT 1 FROM ({_BEGINNINGS}) b
                JOIN savings_period p ON p.status = 'closed' AND p.quarter >= b.effective_from
                WHERE b.decision_id = NEW.decision_id
            ) THEN {CLOSED} END IF;
            RETURN NEW;
        """,  # nosec B608
    )


#: Services with those below them; what is certified in closed quarters, by service and by
#: the quarter in which it is attributed.
_BELOW = """
    below(top, id) AS (
        SELECT t.id, t.id FROM touched t
        UNION
        SELECT b.top, s.id FROM services_service s JOIN below b ON s.parent_id = b.id
    )"""
_SEALED = """
    SELECT 1 FROM savings_entry e
    JOIN savings_return r ON r.id = e.parent_id AND r.status = 'certified'
    LEFT JOIN savings_entry c ON c.id = e.corrects_id
    JOIN savings_return a ON a.id = coalesce(c.parent_id, r.id)
    JOIN savings_period p ON p.id = a.period_id AND p.status = 'closed'
    WHERE e.service_id = {service}"""


def stays_in_the_tree() -> pgtrigger.Trigger:
    """Refuse to hang a service elsewhere once a closed quarter has figures there or below."""
    return Trigger(
        name="stays_in_the_tree",
        when=pgtrigger.Before,
        operation=pgtrigger.Update,
        condition=pgtrigger.AnyChange("parent"),
        func=f"""
            IF EXISTS (
                WITH RECURSIVE touched(id) AS (SELECT OLD.id), {_BELOW}
                SELECT 1 FROM below b WHERE EXISTS ({_SEALED.format(service="b.id")})
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
        spells_now AS (SELECT service_id, council_id, from_quarter, to_quarter FROM {table}),
        spells_then AS (
            SELECT service_id, council_id, from_quarter, to_quarter FROM {table}
            WHERE id NOT IN ({ids_now})
            UNION ALL
            {rows_then}
        ),
        above(id, step, depth) AS (
            SELECT id, id, 0 FROM reached
            UNION ALL
            SELECT a.id, s.parent_id, a.depth + 1 FROM above a
            JOIN services_service s ON s.id = a.step WHERE s.parent_id IS NOT NULL
        ),
        nearest_now AS (
            SELECT DISTINCT ON (id) id, step FROM above
            WHERE step IN (SELECT service_id FROM spells_now) ORDER BY id, depth
        ),
        nearest_then AS (
            SELECT DISTINCT ON (id) id, step FROM above
            WHERE step IN (SELECT service_id FROM spells_then) ORDER BY id, depth
        ),
        stands(quarter) AS (
            SELECT p.quarter FROM savings_period p
            WHERE p.status = 'closed'
              AND p.quarter >= (SELECT min(effective_from) FROM ({beginnings}) b)
        ),
        moved(id, quarter) AS (
            SELECT r.id, q.quarter FROM reached r CROSS JOIN stands q
            WHERE ARRAY(
                SELECT s.council_id FROM nearest_now n JOIN spells_now s ON s.service_id = n.step
                WHERE n.id = r.id AND s.from_quarter <= q.quarter
                  AND (s.to_quarter IS NULL OR s.to_quarter >= q.quarter)
                ORDER BY s.council_id
            ) <> ARRAY(
                SELECT s.council_id FROM nearest_then n JOIN spells_then s ON s.service_id = n.step
                WHERE n.id = r.id AND s.from_quarter <= q.quarter
                  AND (s.to_quarter IS NULL OR s.to_quarter >= q.quarter)
                ORDER BY s.council_id
            )
        ),
        under(id, quarter) AS (
            SELECT id, quarter FROM moved
            UNION
            SELECT s.id, u.quarter FROM services_service s JOIN under u ON s.parent_id = u.id
        )
        SELECT 1 FROM under u WHERE EXISTS (
            {sealed} AND p.quarter = u.quarter
                AND (e.scope = 'shared' OR r.council_id IS NULL)
        )
    ) THEN {closed} END IF;
    RETURN NULL;
"""
_COLUMNS = "service_id, council_id, from_quarter, to_quarter"
_NO_ROWS = "SELECT NULL::bigint, NULL::bigint, NULL::integer, NULL::integer WHERE FALSE"


def keeps_who_shared(table: str) -> list[pgtrigger.Trigger]:
    """Refuse to change who takes part in, or hosts, what is certified in a closed quarter.

    `table` holds spells. Compares what a whole statement does before and after, so that
    several spells may be written together which one by one would not do.
    """
    before, after = pgtrigger.Referencing(old="rows_then"), pgtrigger.Referencing(new="rows_now")
    both = pgtrigger.Referencing(old="rows_then", new="rows_now")
    return [
        _spell_trigger("added", table, pgtrigger.Insert, after),
        _spell_trigger("changed", table, pgtrigger.Update, both),
        _spell_trigger("removed", table, pgtrigger.Delete, before),
        no_truncate(),
    ]


def _spell_trigger(
    name: str, table: str, operation: pgtrigger.Operation, rows: pgtrigger.Referencing
) -> Trigger:
    tables = [rows_of for rows_of in (rows.old, rows.new) if rows_of]
    func = _SPELLS.format(
        touched=" UNION ".join(f"SELECT service_id FROM {rows_of}" for rows_of in tables),  # nosec B608
        below=_BELOW,
        beginnings=_BEGINNINGS,
        table=table,
        ids_now=f"SELECT id FROM {rows.new}" if rows.new else "SELECT NULL::bigint WHERE FALSE",  # nosec B608
        rows_then=f"SELECT {_COLUMNS} FROM {rows.old}" if rows.old else _NO_ROWS,  # nosec B608
        sealed=_SEALED.format(service="u.id"),
        closed=CLOSED,
    )
    return Trigger(
        name=f"who_shared_stays_{name}",
        level=pgtrigger.Statement,
        when=pgtrigger.After,
        operation=operation,
        referencing=rows,
        func=func,
    )


#: The councils that take part in a service in a quarter: those of the nearest service at
#: or above it that has participants of its own (`services.tree` says the same in Python).
_NEAREST = """
    WITH RECURSIVE above(id, parent_id, depth) AS (
        SELECT s.id, s.parent_id, 0 FROM services_service s WHERE s.id = {service}
        UNION ALL
        SELECT s.id, s.parent_id, a.depth + 1
        FROM services_service s JOIN above a ON s.id = a.parent_id
    ), nearest(id) AS (
        SELECT a.id FROM above a
        WHERE EXISTS (SELECT 1 FROM services_participation p WHERE p.service_id = a.id)
        ORDER BY a.depth LIMIT 1
    )
"""
_PARTICIPANTS = f"""
    {_NEAREST}
    SELECT DISTINCT p.council_id AS id
    FROM services_participation p JOIN nearest n ON p.service_id = n.id
    WHERE p.from_quarter <= {{quarter}}
      AND (p.to_quarter IS NULL OR p.to_quarter >= {{quarter}})
"""  # nosec B608
#: Whether the council that answers takes part in the rule's service in its first quarter or any
#: later one (`services.tree.ServiceTree.takes_part` says the same in Python).
_TAKES_PART = f"""
    {_NEAREST.format(service="r.service_id")}
    SELECT 1 FROM services_participation p JOIN nearest n ON p.service_id = n.id
    WHERE p.council_id = NEW.council_id
      AND (p.to_quarter IS NULL OR p.to_quarter >= r.effective_from)
"""  # nosec B608


#: Whether a rule is in force in its first quarter or any since that returns are made for, by
#: the decision that it is about (`savings.formulas.reports.quarters_in_force` says the
#: same in Python).
_IN_FORCE = f"""
    SELECT 1 FROM savings_attributionrule r
    JOIN LATERAL (
        SELECT r.effective_from AS quarter
        UNION SELECT p.quarter FROM savings_period p WHERE p.quarter >= r.effective_from
    ) q ON TRUE
    JOIN LATERAL (
        SELECT count(*) AS councils, count(*) FILTER (WHERE c.agree) AS agreed
        FROM ({_PARTICIPANTS.format(service="r.service_id", quarter="q.quarter")}) council
        LEFT JOIN sovereignty_consent c
            ON c.council_id = council.id AND c.decision_id = r.decision_id
    ) a ON a.councils > 0 AND a.councils = a.agreed
    WHERE r.decision_id = {{decision}} AND NOT EXISTS (
        SELECT 1 FROM sovereignty_consent c WHERE c.decision_id = r.decision_id AND NOT c.agree
    )
"""  # nosec B608


def refused_before_it_holds() -> pgtrigger.Trigger:
    """Refuse a refusal of a rule in force: a council that joined later takes it from nobody.

    In the quarters in which that council takes part it doesn't hold without its agreement. Nor
    may a council refuse for others what is split of a service that it takes no part in.
    """
    return Trigger(
        name="refused_before_it_holds",
        when=pgtrigger.Before,
        operation=pgtrigger.Insert,
        condition=pgtrigger.Q(new__agree=False),
        func=f"""
            IF EXISTS ({_IN_FORCE.format(decision="NEW.decision_id")}) THEN
                RAISE EXCEPTION 'a rule in force is replaced by another, not refused'
                    USING ERRCODE = 'restrict_violation';
            END IF;
            IF EXISTS (
                SELECT 1 FROM savings_attributionrule r
                WHERE r.decision_id = NEW.decision_id AND NOT EXISTS ({_TAKES_PART})
            ) THEN
                RAISE EXCEPTION 'who takes no part in a service has nothing to refuse of it'
                    USING ERRCODE = 'restrict_violation';
            END IF;
            RETURN NEW;
        """,  # nosec B608
    )


def in_use_stays() -> pgtrigger.Trigger:
    """Refuse to withdraw a rule in force in any quarter, or a budget that is claimed on.

    Counts claims as `savings.budgets.models.claimed_on` does, with the budget's row held,
    so that nobody claims on it in the same moment.
    """
    return Trigger(
        name="in_use_stays",
        when=pgtrigger.Before,
        operation=pgtrigger.Update,
        condition=pgtrigger.Q(new__withdrawn_at__isnull=False),
        declare=[("budget", "text")],
        func=f"""
            {READ_COMMITTED}
            IF EXISTS ({_IN_FORCE.format(decision="NEW.id")}) THEN
                RAISE EXCEPTION 'a rule in force is replaced by another, not withdrawn'
                    USING ERRCODE = 'restrict_violation';
            END IF;
            SELECT a.code INTO budget FROM savings_transitionapproval a
            WHERE a.decision_id = NEW.id FOR UPDATE;
            IF EXISTS (
                SELECT 1 FROM savings_entry e JOIN savings_return r ON r.id = e.parent_id
                WHERE e.approval = budget
                  AND (r.status = 'certified' OR r.status = 'submitted' AND e.amount > 0)
            ) THEN
                RAISE EXCEPTION 'a budget that is claimed on is not withdrawn'
                    USING ERRCODE = 'restrict_violation';
            END IF;
            RETURN NEW;
        """,  # nosec B608
    )


def shares_are_whole() -> pgtrigger.Trigger:
    """Refuse shares or weights that are not exactly one together, or nobody's we know.

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
    """Refuse to share by a driver that a participant has no value of, or all have nought."""
    participants = _PARTICIPANTS.format(service="NEW.service_id", quarter="NEW.effective_from")
    return Trigger(
        name="driver_has_values",
        when=pgtrigger.Before,
        operation=pgtrigger.Insert,
        condition=pgtrigger.Q(new__method__in=["driver", "blend"]),
        declare=[("used", "record"), ("found", "record")],
        # Put together from the text above and nothing else.
        func=f"""
            FOR used IN
                SELECT d.id, d.code FROM savings_driver d
                WHERE d.id = NEW.driver_id OR jsonb_exists(NEW.weights, d.code)
            LOOP
                SELECT count(*) FILTER (WHERE v.value IS NULL) AS missing, sum(v.value) AS total
                INTO found
                FROM ({participants}) council
                LEFT JOIN LATERAL (
                    SELECT dv.value FROM savings_drivervalue dv
                    WHERE dv.driver_id = used.id AND dv.council_id = council.id
                      AND dv.effective_from <= NEW.effective_from
                    ORDER BY dv.effective_from DESC LIMIT 1
                ) v ON TRUE;
                IF found.missing > 0 OR found.total = 0 THEN
                    RAISE EXCEPTION 'the driver “%” has nothing to share by', used.code
                        USING ERRCODE = 'check_violation';
                END IF;
            END LOOP;
            RETURN NEW;
        """,  # nosec B608
    )
