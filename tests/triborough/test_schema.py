"""The schema itself is compared with what the code needs, and anything missing is named."""

import subprocess
import sys
from contextlib import closing
from io import StringIO

import psycopg2
import pytest
from django.core.management import CommandError, call_command
from django.db import OperationalError, connection

from tests.processes import ROOT, environment, free_port, scratch_database, url_of
from triborough import schema

pytestmark = pytest.mark.django_db

ENTRY_TRIGGER = "pgtrigger_no_truncate_ad584"
PINNED = ("search_path=pg_catalog, public",)
RULE = "savings_quarter_is_closed(integer)"
ENTRY_KEY = "savings_entry_service_id_b9b781e7_fk_services_service_id"


def test_a_database_that_migrations_made_lacks_nothing() -> None:
    assert schema.lacking() == []
    assert schema.refusal() == ""


@pytest.mark.parametrize(
    ("change", "phrase"),
    [
        ("DROP TABLE axes_accesslog", "table axes_accesslog is missing"),
        ("ALTER TABLE savings_entry DROP COLUMN note", "column savings_entry.note is missing"),
        (
            "ALTER TABLE savings_entry ALTER COLUMN amount TYPE numeric(20, 4)",
            "column savings_entry.amount is numeric(20,4), not numeric(16,2)",
        ),
        (
            "ALTER TABLE savings_entry ALTER COLUMN note DROP NOT NULL",
            "column savings_entry.note allows NULL",
        ),
        (
            "ALTER TABLE savings_period ALTER COLUMN due_on SET NOT NULL",
            "column savings_period.due_on does not allow NULL",
        ),
        (
            "ALTER TABLE savings_entry ALTER COLUMN id DROP IDENTITY",
            "column savings_entry.id has no default",
        ),
        (
            "ALTER TABLE savings_entry ADD COLUMN later text NOT NULL",
            "column savings_entry.later is needed and unknown to this version",
        ),
        (
            "ALTER TABLE savings_period DROP CONSTRAINT savings_period_quarter_key",
            "savings_period may hold the same quarter twice",
        ),
        (
            f"ALTER TABLE savings_entry DROP CONSTRAINT {ENTRY_KEY}",
            "foreign key savings_entry.service_id to services_service is missing",
        ),
        (
            "ALTER TABLE savings_entry DROP CONSTRAINT entry_amount_in_bounds",
            "constraint entry_amount_in_bounds of savings_entry is missing",
        ),
        (
            """
            ALTER TABLE savings_entry
                DROP CONSTRAINT entry_amount_in_bounds,
                ADD CONSTRAINT entry_amount_in_bounds CHECK (amount < 100000000000) NOT VALID
            """,
            "constraint entry_amount_in_bounds of savings_entry was never checked on all rows",
        ),
        (
            "ALTER TABLE savings_entry DROP CONSTRAINT savings_entry_position_check",
            "the check of the range of savings_entry.position is missing",
        ),
        (
            "ALTER TABLE savings_entry DROP CONSTRAINT entry_position_once",
            "constraint entry_position_once of savings_entry is missing",
        ),
        ("DROP INDEX entry_claims", "index entry_claims of savings_entry is missing"),
        (
            "DROP INDEX savings_entry_service_id_b9b781e7",
            "index on savings_entry.service_id is missing",
        ),
        (
            f"DROP TRIGGER {ENTRY_TRIGGER} ON savings_entry",
            f"trigger {ENTRY_TRIGGER} of savings_entry is missing",
        ),
        (
            f"ALTER TABLE savings_entry DISABLE TRIGGER {ENTRY_TRIGGER}",
            f"trigger {ENTRY_TRIGGER} of savings_entry is switched off",
        ),
        (
            f"COMMENT ON TRIGGER {ENTRY_TRIGGER} ON savings_entry IS 'of another version'",
            f"trigger {ENTRY_TRIGGER} of savings_entry is not as this version has it",
        ),
        (
            f"""
            CREATE OR REPLACE FUNCTION {ENTRY_TRIGGER}() RETURNS trigger
            AS $$ BEGIN RETURN NULL; END $$ LANGUAGE plpgsql
            """,
            f"trigger {ENTRY_TRIGGER} of savings_entry is not as this version has it",
        ),
        (
            f"ALTER FUNCTION {ENTRY_TRIGGER}() RESET search_path",
            f"trigger {ENTRY_TRIGGER} of savings_entry is not as this version has it",
        ),
        (
            f"ALTER FUNCTION {RULE} SET search_path = public",
            "function savings_quarter_is_closed is not as this version has it",
        ),
        (
            f"ALTER FUNCTION {RULE} SET work_mem = '64MB'",
            "function savings_quarter_is_closed is not as this version has it",
        ),
    ],
)
def test_anything_missing_or_different_is_named(change: str, phrase: str) -> None:
    with connection.cursor() as cursor:
        cursor.execute(change)
    assert schema.lacking() == [phrase]


def test_an_unknown_column_may_be_there_if_it_needs_no_value() -> None:
    with connection.cursor() as cursor:
        cursor.execute("ALTER TABLE savings_entry ADD one text, ADD two text NOT NULL DEFAULT ''")
    assert schema.lacking() == []


def test_functions_that_migrations_make_are_read_from_their_sql() -> None:
    made = schema.functions_made(
        """
        CREATE FUNCTION counted(quarter integer DEFAULT (0)) RETURNS boolean
            LANGUAGE sql SET search_path = pg_catalog, public AS $$ SELECT true $$;
        CREATE FUNCTION gone() RETURNS void AS $$ $$ LANGUAGE sql;
        create or replace function public."counted"(quarter integer) RETURNS boolean
            LANGUAGE sql AS $body$ SELECT $$x$$ = '' $body$;
        DROP FUNCTION IF EXISTS gone();
        CREATE FUNCTION standard() RETURNS integer LANGUAGE sql RETURN 1;
        """
    )
    with connection.cursor() as cursor:
        cursor.execute("SELECT md5(%s)", [" SELECT $$x$$ = '' "])
        [digest] = cursor.fetchone()
    assert made == {"counted": schema.Function(digest), "standard": schema.Function("")}


@pytest.mark.parametrize(
    ("said", "settings"),
    [
        ("LANGUAGE sql AS $$ SELECT 1 $$;", ()),
        ("LANGUAGE sql SET search_path = pg_catalog, public AS $$ SELECT 1 $$", PINNED),
        ("SET search_path TO pg_catalog,\n  public\nAS $$ SELECT 1 $$ LANGUAGE sql;", PINNED),
        ("AS $$ SELECT 1 $$ LANGUAGE sql SET search_path = pg_catalog , public;", PINNED),
        (
            """
            SET Work_mem = 64 SET search_path = pg_catalog, public AS $$ SELECT 1 $$ LANGUAGE sql;
            SET search_path = elsewhere;
            """,
            (*PINNED, "work_mem=64"),
        ),
    ],
)
def test_what_a_function_sets_is_read_from_its_sql(said: str, settings: tuple[str, ...]) -> None:
    sql = f"CREATE FUNCTION read_so() RETURNS integer {said}"
    read = schema.functions_made(sql)["read_so"]
    assert read.settings == settings
    with connection.cursor() as cursor:
        cursor.execute(sql)
        cursor.execute(
            "SELECT md5(prosrc), coalesce(proconfig, '{}') FROM pg_proc WHERE proname = 'read_so'"
        )
        source, stored = cursor.fetchone()
    assert schema.Function(source, tuple(sorted(stored))) == read


def test_a_missing_or_changed_function_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    sql = (
        "CREATE FUNCTION is_even(n integer) RETURNS boolean AS $$ SELECT n % 2 = 0 $$ LANGUAGE sql"
    )
    monkeypatch.setattr(schema.from_code(), "functions", schema.functions_made(sql))
    assert schema.lacking() == ["function is_even is missing"]
    with connection.cursor() as cursor:
        cursor.execute(sql.replace("= 0", "= 1"))
        assert schema.lacking() == ["function is_even is not as this version has it"]
        cursor.execute(sql.replace("CREATE", "CREATE OR REPLACE"))
        assert schema.lacking() == []


def test_the_sentence_names_the_first_few_and_counts_the_rest() -> None:
    assert schema.in_words(["a", "b", "c"]) == "a; b; c"
    assert schema.in_words(["a", "b", "c", "d", "e"]) == "a; b; c; and 2 more"


def test_a_refusal_to_start_says_what_is_missing_and_the_remedy() -> None:
    with connection.cursor() as cursor:
        cursor.execute("ALTER TABLE savings_entry DROP COLUMN note")
    assert schema.refusal() == (
        "The database is not what this version needs: column savings_entry.note is missing.\n"
        f"{schema.REMEDY}\n"
    )


def test_the_command_names_everything_and_ends_with_1() -> None:
    output = StringIO()
    call_command("check_schema", stdout=output)
    assert output.getvalue() == "The database has everything that this version needs.\n"
    with connection.cursor() as cursor:
        cursor.execute("ALTER TABLE savings_entry DROP COLUMN note, DROP COLUMN evidence")
    output = StringIO()
    with pytest.raises(SystemExit) as ended:
        call_command("check_schema", stdout=output)
    assert ended.value.code == 1
    assert output.getvalue().splitlines() == [
        "column savings_entry.evidence is missing",
        "column savings_entry.note is missing",
        schema.REMEDY,
    ]


def test_the_command_tells_a_silent_database_from_one_that_lacks_something(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    def silent() -> list[str]:
        raise OperationalError("nobody listens")

    monkeypatch.setattr(schema, "lacking", silent)
    with pytest.raises(CommandError, match="does not answer: nobody listens") as ended:
        call_command("check_schema")
    assert ended.value.returncode == 2


@pytest.mark.parametrize("program", ["triborough.run", "triborough.processes"])
@pytest.mark.django_db(transaction=True)
def test_the_site_does_not_start_where_something_is_missing_after_migrating(program: str) -> None:
    with scratch_database(like=url_of(connection.settings_dict["NAME"])) as database:
        with closing(psycopg2.connect(database)) as opened, opened, opened.cursor() as cursor:
            cursor.execute(f"DROP TRIGGER {ENTRY_TRIGGER} ON savings_entry")
        started = start(program, env=environment(database, "redis://127.0.0.1:1/0"))
    assert started.returncode == 1
    assert started.stderr.strip().endswith(
        "The database is not what this version needs: "
        f"trigger {ENTRY_TRIGGER} of savings_entry is missing.\n{schema.REMEDY}"
    )


@pytest.mark.django_db(transaction=True)
def test_gunicorn_does_not_start_on_a_database_that_lacks_something() -> None:
    with scratch_database() as database:
        started = start("gunicorn", "triborough.wsgi", env=environment(database))
    assert started.returncode == 1
    assert "table savings_entry is missing" in started.stderr
    assert schema.REMEDY in started.stderr


def start(*module: str, env: dict[str, str]) -> subprocess.CompletedProcess[str]:
    """What a program that refuses to start printed, and its exit code."""
    return subprocess.run(
        [sys.executable, "-m", *module],
        cwd=ROOT,
        env={**env, "PORT": str(free_port())},
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )
