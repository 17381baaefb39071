"""Whether a driver has nothing to share by, as a function of the database.

`savings.drivers.values.lacks_value` says the same in Python, and a test compares the two. A
migration has a copy and makes the function.
"""

from __future__ import annotations

FUNCTIONS = {
    "savings_driver_lacks_value": """
CREATE OR REPLACE FUNCTION savings_driver_lacks_value(
    driver bigint, service bigint, quarter integer
)
RETURNS boolean
LANGUAGE sql STABLE SET search_path = pg_catalog, public, pg_temp AS $$
    SELECT coalesce(count(*) FILTER (WHERE v.value IS NULL) > 0 OR sum(v.value) = 0, FALSE)
    FROM services_participants($2, $3) p
    LEFT JOIN LATERAL (
        SELECT dv.value FROM savings_drivervalue dv
        WHERE dv.driver_id = $1 AND dv.council_id = p.council_id AND dv.effective_from <= $3
        ORDER BY dv.effective_from DESC LIMIT 1
    ) v ON TRUE
$$;
""",
}
