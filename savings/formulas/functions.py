"""When a rule is in force and whom it asks, as functions of the database.

`savings.formulas.arithmetic` (`Attribution.rule_in_force`) and `ServiceTree.takes_part` say the
same in Python, and tests compare them. Migrations have copies and make the functions.
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
          AND (r.reaches_back_until IS NULL OR r.reaches_back_until >= $2)
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
    "savings_is_asked": """
CREATE OR REPLACE FUNCTION savings_is_asked(decision bigint, council bigint)
RETURNS boolean
LANGUAGE sql STABLE SET search_path = pg_catalog, public, pg_temp AS $$
    SELECT EXISTS (
        SELECT 1 FROM savings_attributionrule r
        WHERE r.decision_id = $1 AND CASE
            WHEN r.reaches_back_until IS NULL
            THEN services_takes_part(r.service_id, $2, r.effective_from)
            ELSE EXISTS (
                SELECT 1 FROM generate_series(r.effective_from, r.reaches_back_until) q
                WHERE $2 IN (SELECT p.council_id FROM services_participants(r.service_id, q) p)
            )
        END
    )
$$;
""",
}
