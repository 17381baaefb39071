"""A service has a state by quarter, and who takes part follows it: `services/functions.py` has the texts."""

import django.contrib.postgres.constraints
import django.db.models.deletion
import services.fields
import services.models
from django.db import migrations, models

KEPT_APART = '''
CREATE OR REPLACE FUNCTION services_kept_apart(service bigint, quarter integer)
RETURNS boolean
LANGUAGE sql STABLE SET search_path = pg_catalog, public, pg_temp AS $$
    WITH RECURSIVE asked(id) AS (SELECT $1),
    above(id, step, depth) AS (
        SELECT id, id, 0 FROM asked
        UNION ALL
        SELECT a.id, s.parent_id, a.depth + 1 FROM above a
        JOIN services_service s ON s.id = a.step WHERE s.parent_id IS NOT NULL
    ),
    quarters(quarter) AS (SELECT $2),
    settled AS (
    SELECT DISTINCT ON (a.id, q.quarter) a.id, q.quarter, s.state
    FROM above a CROSS JOIN quarters q
    LEFT JOIN services_servicestate s ON s.service_id = a.step AND s.from_quarter <= q.quarter AND (s.to_quarter IS NULL OR s.to_quarter >= q.quarter)
    WHERE s.state IS NOT NULL OR a.step IN (SELECT service_id FROM services_participation)
    ORDER BY a.id, q.quarter, a.depth)
    SELECT EXISTS (SELECT 1 FROM settled s WHERE s.state <> 'shared')
$$;
'''
PARTICIPANTS = '''
CREATE OR REPLACE FUNCTION services_participants(service bigint, quarter integer)
RETURNS TABLE (council_id bigint)
LANGUAGE sql STABLE SET search_path = pg_catalog, public, pg_temp AS $$
    SELECT DISTINCT s.council_id FROM services_participation_of($1) s
    WHERE s.from_quarter <= $2 AND (s.to_quarter IS NULL OR s.to_quarter >= $2) AND NOT services_kept_apart($1, $2)
$$;
'''
TAKES_PART = '''
CREATE OR REPLACE FUNCTION services_takes_part(service bigint, council bigint, since integer)
RETURNS boolean
LANGUAGE sql STABLE SET search_path = pg_catalog, public, pg_temp AS $$
    WITH RECURSIVE asked(id) AS (SELECT $1),
    above(id, step, depth) AS (
        SELECT id, id, 0 FROM asked
        UNION ALL
        SELECT a.id, s.parent_id, a.depth + 1 FROM above a
        JOIN services_service s ON s.id = a.step WHERE s.parent_id IS NOT NULL
    ),
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
'''
PARTICIPANTS_BEFORE = '''
CREATE OR REPLACE FUNCTION services_participants(service bigint, quarter integer)
RETURNS TABLE (council_id bigint)
LANGUAGE sql STABLE SET search_path = pg_catalog, public, pg_temp AS $$
    SELECT DISTINCT s.council_id FROM services_participation_of($1) s
    WHERE s.from_quarter <= $2 AND (s.to_quarter IS NULL OR s.to_quarter >= $2)
$$;
'''
TAKES_PART_BEFORE = '''
CREATE OR REPLACE FUNCTION services_takes_part(service bigint, council bigint, since integer)
RETURNS boolean
LANGUAGE sql STABLE SET search_path = pg_catalog, public, pg_temp AS $$
    SELECT EXISTS (
        SELECT 1 FROM services_participation_of($1) s
        WHERE s.council_id = $2 AND (s.to_quarter IS NULL OR s.to_quarter >= $3)
    )
$$;
'''


class Migration(migrations.Migration):

    dependencies = [
        ('services', '0003_triggers_keep_their_search_path'),
    ]

    operations = [
        migrations.CreateModel(
            name='ServiceState',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('from_quarter', services.fields.QuarterField()),
                ('to_quarter', services.fields.QuarterField(blank=True, null=True)),
                ('state', models.CharField(choices=[('single', 'Each council by itself'), ('shared', 'Shared by two or more councils'), ('under_consideration', 'Under consideration'), ('not_recommended', 'Not recommended for sharing')], max_length=20)),
                ('settled_by', models.CharField(max_length=200)),
                ('document', models.CharField(max_length=200)),
                ('place', models.CharField(blank=True, max_length=200)),
                ('note', models.TextField(blank=True)),
                ('service', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='states', to='services.service')),
            ],
            options={
                'constraints': [models.CheckConstraint(condition=models.Q(('to_quarter__isnull', True), ('to_quarter__gte', models.F('from_quarter')), _connector='OR'), name='state_in_order', violation_error_message='The last quarter must not come before the first.'), models.CheckConstraint(condition=models.Q(('state__in', ['single', 'shared', 'under_consideration', 'not_recommended'])), name='state_known'), models.CheckConstraint(condition=models.Q(models.Q(('settled_by', ''), _negated=True), models.Q(('document', ''), _negated=True)), name='state_settled_somewhere'), django.contrib.postgres.constraints.ExclusionConstraint(expressions=[(services.models.Same('service'), '&&'), (services.models.QuarterSpan(), '&&')], name='state_one_at_a_time')],
            },
        ),
        migrations.RunSQL(KEPT_APART, 'DROP FUNCTION services_kept_apart'),
        migrations.RunSQL(PARTICIPANTS, PARTICIPANTS_BEFORE),
        migrations.RunSQL(TAKES_PART, TAKES_PART_BEFORE),
    ]
