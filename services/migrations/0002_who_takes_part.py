"""The functions that say who takes part in a service: `services/functions.py` has their text, and a test compares."""

from django.db import migrations

PARTICIPATION_OF = '''
CREATE OR REPLACE FUNCTION services_participation_of(service bigint)
RETURNS TABLE (council_id bigint, from_quarter integer, to_quarter integer)
LANGUAGE sql STABLE SET search_path = pg_catalog, public, pg_temp AS $$
    WITH RECURSIVE asked(id) AS (SELECT $1),
    above(id, step, depth) AS (
        SELECT id, id, 0 FROM asked
        UNION ALL
        SELECT a.id, s.parent_id, a.depth + 1 FROM above a
        JOIN services_service s ON s.id = a.step WHERE s.parent_id IS NOT NULL
    ),
    nearest AS (
    SELECT DISTINCT ON (id) id, step FROM above
    WHERE step IN (SELECT service_id FROM services_participation) ORDER BY id, depth)
    SELECT s.council_id, s.from_quarter, s.to_quarter
    FROM nearest n JOIN services_participation s ON s.service_id = n.step
$$;
'''
PARTICIPANTS = '''
CREATE OR REPLACE FUNCTION services_participants(service bigint, quarter integer)
RETURNS TABLE (council_id bigint)
LANGUAGE sql STABLE SET search_path = pg_catalog, public, pg_temp AS $$
    SELECT DISTINCT s.council_id FROM services_participation_of($1) s
    WHERE s.from_quarter <= $2 AND (s.to_quarter IS NULL OR s.to_quarter >= $2)
$$;
'''
TAKES_PART = '''
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
        ('services', '0001_initial'),
    ]

    operations = [
        migrations.RunSQL(PARTICIPATION_OF, 'DROP FUNCTION services_participation_of'),
        migrations.RunSQL(PARTICIPANTS, 'DROP FUNCTION services_participants'),
        migrations.RunSQL(TAKES_PART, 'DROP FUNCTION services_takes_part'),
    ]
