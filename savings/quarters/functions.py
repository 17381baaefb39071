"""Whether a quarter is closed, in SQL.

`savings.quarters.dates.is_closed` says the same in Python, and a test holds the two equal. A
migration makes the function from its own copy.
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
