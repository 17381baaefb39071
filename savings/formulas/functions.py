"""When a rule is in force, as functions of the database.

`savings.formulas.arithmetic` (`Attribution.rule_in_force`) says the same in Python, and a test
compares the two. A migration has copies and makes the functions.
"""

from __future__ import annotations

#: A rule is named by the decision that it is about.
FUNCTIONS = {
    "savings_rule_in_force": """
CREATE OR REPLACE FUNCTION savings_rule_in_force(decision bigint, quarter integer)
RETURNS boolean
LANGUAGE sql STABLE SET search_path = pg_catalog, public, pg_temp AS $$
    SELECT EXISTS (
        SELECT 1 FROM savings_attributionrule r
        JOIN sovereignty_decision d ON d.id = r.decision_id
        CROSS JOIN LATERAL (
            SELECT count(*) AS councils, count(*) FILTER (WHERE c.agree) AS agreed
            FROM services_participants(r.service_id, $2) p
            LEFT JOIN sovereignty_consent c
                ON c.council_id = p.council_id AND c.decision_id = r.decision_id
        ) a
        WHERE r.decision_id = $1 AND r.effective_from <= $2 AND d.withdrawn_at IS NULL
          AND NOT EXISTS (
              SELECT 1 FROM sovereignty_consent c
              WHERE c.decision_id = r.decision_id AND NOT c.agree
          )
          AND a.councils > 0 AND a.councils = a.agreed
    )
$$;
""",
    "savings_quarters_in_force": """
CREATE OR REPLACE FUNCTION savings_quarters_in_force(decision bigint)
RETURNS TABLE (quarter integer)
LANGUAGE sql STABLE SET search_path = pg_catalog, public, pg_temp AS $$
    SELECT q.quarter
    FROM savings_attributionrule r
    CROSS JOIN LATERAL (
        SELECT r.effective_from AS quarter UNION SELECT p.quarter FROM savings_period p
    ) q
    WHERE r.decision_id = $1 AND savings_rule_in_force($1, q.quarter)
$$;
""",
}
