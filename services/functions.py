"""Who takes part in a service, stated once in SQL.

`services.tree` says the same in Python, and a test holds the two equal. The parts below are the
rule. A trigger that compares many services at once is built from the same parts. A migration
makes the functions for one service from its own copy.
"""

from __future__ import annotations

#: Each service of `asked` with the services at or above it, and how far above they are.
ABOVE = """
    above(id, step, depth) AS (
        SELECT id, id, 0 FROM {asked}
        UNION ALL
        SELECT a.id, s.parent_id, a.depth + 1 FROM above a
        JOIN services_service s ON s.id = a.step WHERE s.parent_id IS NOT NULL
    )"""

#: The nearest of these that has its own `spells`: the service follows only those.
NEAREST = """
    SELECT DISTINCT ON (id) id, step FROM above
    WHERE step IN (SELECT service_id FROM {spells}) ORDER BY id, depth"""

#: Whether the spell `s` has not ended before a quarter, and whether it covers that quarter.
NOT_ENDED = "(s.to_quarter IS NULL OR s.to_quarter >= {quarter})"
COVERS = f"s.from_quarter <= {{quarter}} AND {NOT_ENDED}"

#: Of each service the state, in each quarter of `quarters`, of the nearest at or above it that has
#: one then. Where participants of its own lie nearer, there is none: it is NULL.
SETTLED = f"""
    SELECT DISTINCT ON (a.id, q.quarter) a.id, q.quarter, s.state
    FROM above a CROSS JOIN {{quarters}} q
    LEFT JOIN {{states}} s ON s.service_id = a.step AND {COVERS.format(quarter="q.quarter")}
    WHERE s.state IS NOT NULL OR a.step IN (SELECT service_id FROM {{spells}})
    ORDER BY a.id, q.quarter, a.depth"""  # nosec B608

#: Whether a state keeps a service apart: nobody shares it.
APART = "{state} <> 'shared'"

#: The spells of the councils that take part in the service asked about, its own or inherited.
_PARTICIPATION = f"""
    WITH RECURSIVE asked(id) AS (SELECT $1),{ABOVE.format(asked="asked")},
    nearest AS ({NEAREST.format(spells="services_participation")})
    SELECT s.council_id, s.from_quarter, s.to_quarter
    FROM nearest n JOIN services_participation s ON s.service_id = n.step
"""  # nosec B608

_SETTLED = SETTLED.format(
    quarters="quarters", states="services_servicestate", spells="services_participation"
)

#: The functions, by name. A session's search path can't change what they do.
FUNCTIONS = {
    "services_participation_of": f"""
CREATE OR REPLACE FUNCTION services_participation_of(service bigint)
RETURNS TABLE (council_id bigint, from_quarter integer, to_quarter integer)
LANGUAGE sql STABLE SET search_path = pg_catalog, public, pg_temp AS $${_PARTICIPATION}$$;
""",
    "services_kept_apart": f"""
CREATE OR REPLACE FUNCTION services_kept_apart(service bigint, quarter integer)
RETURNS boolean
LANGUAGE sql STABLE SET search_path = pg_catalog, public, pg_temp AS $$
    WITH RECURSIVE asked(id) AS (SELECT $1),{ABOVE.format(asked="asked")},
    quarters(quarter) AS (SELECT $2),
    settled AS ({_SETTLED})
    SELECT EXISTS (SELECT 1 FROM settled s WHERE {APART.format(state="s.state")})
$$;
""",  # nosec B608
    "services_participants": f"""
CREATE OR REPLACE FUNCTION services_participants(service bigint, quarter integer)
RETURNS TABLE (council_id bigint)
LANGUAGE sql STABLE SET search_path = pg_catalog, public, pg_temp AS $$
    SELECT DISTINCT s.council_id FROM services_participation_of($1) s
    WHERE {COVERS.format(quarter="$2")} AND NOT services_kept_apart($1, $2)
$$;
""",  # nosec B608
    "services_takes_part": f"""
CREATE OR REPLACE FUNCTION services_takes_part(service bigint, council bigint, since integer)
RETURNS boolean
LANGUAGE sql STABLE SET search_path = pg_catalog, public, pg_temp AS $$
    WITH RECURSIVE asked(id) AS (SELECT $1),{ABOVE.format(asked="asked")},
    turns(quarter) AS (
        SELECT $3
        UNION SELECT s.from_quarter FROM services_participation_of($1) s
        UNION SELECT s.from_quarter FROM above a
            JOIN services_servicestate s ON s.service_id = a.step
        UNION SELECT s.to_quarter + 1 FROM above a
            JOIN services_servicestate s ON s.service_id = a.step
    )
    SELECT EXISTS (
        SELECT 1 FROM turns t WHERE t.quarter >= $3
            AND $2 IN (SELECT p.council_id FROM services_participants($1, t.quarter) p)
    )
$$;
""",  # nosec B608
}
