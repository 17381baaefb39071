"""What is claimed on a transition budget, as a function of the database.

`savings.budgets.models.claimed_on` says the same in Python for many budgets at once, and a test
compares the two. A migration has a copy and makes the function.
"""

from __future__ import annotations

#: `beside` is a return whose claims are left out. NULL where no claim counts.
FUNCTIONS = {
    "savings_claimed_on": """
CREATE OR REPLACE FUNCTION savings_claimed_on(code text, beside bigint DEFAULT NULL)
RETURNS numeric
LANGUAGE sql STABLE SET search_path = pg_catalog, public, pg_temp AS $$
    SELECT sum(e.amount)
    FROM savings_entry e JOIN savings_return r ON r.id = e.parent_id
    WHERE e.approval = $1 AND e.approval <> ''
      AND ($2 IS NULL OR r.id <> $2)
      AND (r.status = 'certified' OR r.status = 'submitted' AND e.amount > 0)
$$;
""",
}
