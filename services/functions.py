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

#: The spells of the councils that take part in the service asked about, its own or inherited.
_PARTICIPATION = f"""
    WITH RECURSIVE asked(id) AS (SELECT $1),{ABOVE.format(asked="asked")},
    nearest AS ({NEAREST.format(spells="services_participation")})
    SELECT s.council_id, s.from_quarter, s.to_quarter
    FROM nearest n JOIN services_participation s ON s.service_id = n.step
"""  # nosec B608

#: The functions, by name. A session's search path can't change what they do.
FUNCTIONS = {
    "services_participation_of": f"""
CREATE OR REPLACE FUNCTION services_participation_of(service bigint)
RETURNS TABLE (council_id bigint, from_quarter integer, to_quarter integer)
LANGUAGE sql STABLE SET search_path = pg_catalog, public, pg_temp AS $${_PARTICIPATION}$$;
""",
    "services_participants": f"""
CREATE OR REPLACE FUNCTION services_participants(service bigint, quarter integer)
RETURNS TABLE (council_id bigint)
LANGUAGE sql STABLE SET search_path = pg_catalog, public, pg_temp AS $$
    SELECT DISTINCT s.council_id FROM services_participation_of($1) s
    WHERE {COVERS.format(quarter="$2")}
$$;
""",  # nosec B608
    "services_takes_part": f"""
CREATE OR REPLACE FUNCTION services_takes_part(service bigint, council bigint, since integer)
RETURNS boolean
LANGUAGE sql STABLE SET search_path = pg_catalog, public, pg_temp AS $$
    SELECT EXISTS (
        SELECT 1 FROM services_participation_of($1) s
        WHERE s.council_id = $2 AND {NOT_ENDED.format(quarter="$3")}
    )
$$;
""",  # nosec B608
}
