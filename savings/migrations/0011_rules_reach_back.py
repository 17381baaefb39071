"""A rule may reach back over closed quarters, for what no rule in force had divided."""

import audit.triggers
import pgtrigger.compiler
import pgtrigger.migrations
import services.fields
from django.db import migrations, models

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
          AND (r.reaches_back_until IS NULL OR r.reaches_back_until >= $2)
          AND NOT EXISTS (
              SELECT 1 FROM sovereignty_consent c
              WHERE c.decision_id = r.decision_id AND NOT c.agree
          )
          AND a.councils > 0 AND a.councils = a.agreed
    )
$$;
'''
RULE_IN_FORCE_BEFORE = '''
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
IS_ASKED = '''
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
'''


class Migration(migrations.Migration):

    dependencies = [
        ('savings', '0010_closed_quarters_keep_states'),
        ('services', '0005_a_service_is_retired'),
        ('sovereignty', '0003_triggers_keep_their_search_path'),
    ]

    operations = [
        pgtrigger.migrations.RemoveTrigger(
            model_name='attributionrule',
            name='begins_in_an_open_quarter',
        ),
        pgtrigger.migrations.RemoveTrigger(
            model_name='consenttorule',
            name='answers_in_time',
        ),
        pgtrigger.migrations.RemoveTrigger(
            model_name='consenttorule',
            name='refused_before_it_holds',
        ),
        migrations.AddField(
            model_name='attributionrule',
            name='reaches_back_until',
            field=services.fields.QuarterField(blank=True, help_text='The last closed quarter that it reaches back over; empty if it goes on.', null=True),
        ),
        migrations.RunSQL(RULE_IN_FORCE, RULE_IN_FORCE_BEFORE),
        migrations.RunSQL(IS_ASKED, 'DROP FUNCTION savings_is_asked'),
        pgtrigger.migrations.AddTrigger(
            model_name='attributionrule',
            trigger=pgtrigger.compiler.Trigger(name='begins_in_an_open_quarter', sql=audit.triggers.PinnedSql(condition='WHEN (NEW."reaches_back_until" IS NULL)', func="\n            IF savings_quarter_is_closed(NEW.effective_from) THEN \n    RAISE EXCEPTION 'the quarter is closed and its figures stand'\n        USING ERRCODE = 'restrict_violation';\n END IF;\n            RETURN NEW;\n        ", hash='8ef75d57b0b0995e00055bcbf82845ac8f78e70c', operation='INSERT', pgid='pgtrigger_begins_in_an_open_quarter_abed5', table='savings_attributionrule', when='BEFORE')),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name='attributionrule',
            trigger=pgtrigger.compiler.Trigger(name='reaches_over_closed_quarters', sql=audit.triggers.PinnedSql(condition='WHEN (NEW."reaches_back_until" IS NOT NULL)', func="\n            IF NOT savings_quarter_is_closed(NEW.reaches_back_until) THEN\n                RAISE EXCEPTION 'a rule reaches back only over closed quarters'\n                    USING ERRCODE = 'restrict_violation';\n            END IF;\n            RETURN NEW;\n        ", hash='4d298586f531a064b17c149bc6ee39f51671d6c9', operation='INSERT', pgid='pgtrigger_reaches_over_closed_quarters_516d4', table='savings_attributionrule', when='BEFORE')),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name='consenttorule',
            trigger=pgtrigger.compiler.Trigger(name='answers_in_time', sql=audit.triggers.PinnedSql(func="\n            IF EXISTS (\n                SELECT 1 FROM savings_attributionrule r\n                WHERE r.decision_id = NEW.decision_id\n                  AND r.reaches_back_until IS NULL\n                  AND savings_quarter_is_closed(r.effective_from)\n            ) THEN \n    RAISE EXCEPTION 'the quarter is closed and its figures stand'\n        USING ERRCODE = 'restrict_violation';\n END IF;\n            RETURN NEW;\n        ", hash='5533b59574680def098d428e8e528c939bc96f12', operation='INSERT', pgid='pgtrigger_answers_in_time_19f64', table='sovereignty_consent', when='BEFORE')),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name='consenttorule',
            trigger=pgtrigger.compiler.Trigger(name='refused_before_it_holds', sql=audit.triggers.PinnedSql(condition='WHEN (NOT NEW."agree")', func="\n            IF EXISTS (SELECT 1 FROM savings_quarters_in_force(NEW.decision_id)) THEN\n                RAISE EXCEPTION 'a rule in force is replaced by another, not refused'\n                    USING ERRCODE = 'restrict_violation';\n            END IF;\n            IF EXISTS (\n                SELECT 1 FROM savings_attributionrule r\n                WHERE r.decision_id = NEW.decision_id\n                  AND NOT savings_is_asked(NEW.decision_id, NEW.council_id)\n            ) THEN\n                RAISE EXCEPTION 'who takes no part in a service has nothing to refuse of it'\n                    USING ERRCODE = 'restrict_violation';\n            END IF;\n            RETURN NEW;\n        ", hash='a362a88f70598b397b5d8b129f0be5c2280f0654', operation='INSERT', pgid='pgtrigger_refused_before_it_holds_59a07', table='sovereignty_consent', when='BEFORE')),
        ),
        migrations.AddConstraint(
            model_name='attributionrule',
            constraint=models.CheckConstraint(condition=models.Q(('reaches_back_until__isnull', True), ('reaches_back_until__gte', models.F('effective_from')), _connector='OR'), name='attribution_rule_reaches_over_quarters'),
        ),
    ]
