"""The functions of the rules, each stated once: `functions.py` of their subjects have the texts."""

from django.db import migrations

QUARTER_IS_CLOSED = '''
CREATE OR REPLACE FUNCTION savings_quarter_is_closed(quarter integer)
RETURNS boolean
LANGUAGE sql STABLE SET search_path = pg_catalog, public, pg_temp AS $$
    SELECT EXISTS (
        SELECT 1 FROM savings_period p WHERE p.status = 'closed' AND p.quarter >= $1
    )
$$;
'''
CLAIMED_ON = '''
CREATE OR REPLACE FUNCTION savings_claimed_on(code text, beside bigint DEFAULT NULL)
RETURNS numeric
LANGUAGE sql STABLE SET search_path = pg_catalog, public, pg_temp AS $$
    SELECT sum(e.amount)
    FROM savings_entry e JOIN savings_return r ON r.id = e.parent_id
    WHERE e.approval = $1 AND e.approval <> ''
      AND ($2 IS NULL OR r.id <> $2)
      AND (r.status = 'certified' OR r.status = 'submitted' AND e.amount > 0)
$$;
'''
DRIVER_LACKS_VALUE = '''
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
'''
RULE_IN_FORCE = '''
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
'''
QUARTERS_IN_FORCE = '''
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
'''


class Migration(migrations.Migration):

    dependencies = [
        ('savings', '0003_a_fairness_test_is_refused_in_plain_words'),
        ('services', '0002_who_takes_part'),
    ]

    operations = [
        migrations.RunSQL(QUARTER_IS_CLOSED, 'DROP FUNCTION savings_quarter_is_closed'),
        migrations.RunSQL(CLAIMED_ON, 'DROP FUNCTION savings_claimed_on'),
        migrations.RunSQL(DRIVER_LACKS_VALUE, 'DROP FUNCTION savings_driver_lacks_value'),
        migrations.RunSQL(RULE_IN_FORCE, 'DROP FUNCTION savings_rule_in_force'),
        migrations.RunSQL(QUARTERS_IN_FORCE, 'DROP FUNCTION savings_quarters_in_force'),
    ]
