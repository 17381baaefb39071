"""Whether a quarter is closed, as the database says it.

`savings.quarters.dates.is_closed` says the same in Python, and a test holds the two equal. A
migration makes the function, with a copy of its own.
"""

from __future__ import annotations

FUNCTIONS = {
    "savings_quarter_is_closed": """
CREATE OR REPLACE FUNCTION savings_quarter_is_closed(quarter integer)
RETURNS boolean
LANGUAGE sql STABLE SET search_path = pg_catalog, public, pg_temp AS $$
    SELECT EXISTS (
        SELECT 1 FROM savings_period p WHERE p.status = 'closed' AND p.quarter >= $1
    )
$$;
""",
}
