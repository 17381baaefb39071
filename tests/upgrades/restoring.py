"""Restores what `pg_dump` wrote as plain SQL, using only the driver: `psql` is not needed."""

import gzip
import io
import re
from contextlib import closing
from pathlib import Path

import psycopg2

#: In the file, rows are between a COPY and a line with `\.`.
_ROWS = re.compile(r"^(COPY [^\n]* FROM stdin;)\n(.*?)^\\\.$", re.MULTILINE | re.DOTALL)


def restore(dump: Path, database: str) -> None:
    """Fill the empty database of that URL with a dump, all of it or nothing."""
    text = gzip.decompress(dump.read_bytes()).decode()
    with (
        closing(psycopg2.connect(database)) as connection,
        connection,
        connection.cursor() as cursor,
    ):
        done = 0
        for rows in _ROWS.finditer(text):
            # The driver refuses a query that has only comments.
            cursor.execute(f"SELECT;{text[done : rows.start()]}")
            cursor.copy_expert(rows[1], io.StringIO(rows[2]))
            done = rows.end()
        cursor.execute(f"SELECT;{text[done:]}")
