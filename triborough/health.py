"""Whether this process lives, and whether it can serve: for load balancers and containers.

`/health/live/` answers 200 as long as the process answers at all. `/health/` answers 200
when the database answers, every migration is applied and Redis, where one is configured,
answers; else 503. Both say it in JSON, by name and without detail, which goes to the log.

They are answered by a middleware ahead of all others: whoever asks calls an address, not
one of ALLOWED_HOSTS, without TLS and without a session.
"""

import logging
from collections.abc import Callable
from functools import cache

import redis
from django.conf import settings
from django.db import DatabaseError, connection
from django.db.migrations.executor import MigrationExecutor
from django.http import HttpRequest, HttpResponse, JsonResponse

logger = logging.getLogger(__name__)

Answer = Callable[[HttpRequest], HttpResponse]


class NotReady(Exception):
    """Something that serving a request needs is not there."""


class HealthMiddleware:
    """Answers the two addresses, and leaves every other to the rest of the site."""

    def __init__(self, get_response: Answer) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        if request.path == "/health/live/":
            return answer(200, {"process": "ok"})
        if request.path == "/health/":
            return ready()
        return self.get_response(request)


def ready() -> HttpResponse:
    """200 and `"ok"` for every check, or 503 and `"failed"` for those that failed."""
    checks = {"database": check_database, "migrations": check_migrations}
    if settings.REDIS_URL:
        checks["redis"] = check_redis
    found = {name: passes(name, check) for name, check in checks.items()}
    return answer(
        200 if all(found.values()) else 503,
        {name: "ok" if passed else "failed" for name, passed in found.items()},
    )


def answer(status: int, checks: dict[str, str]) -> HttpResponse:
    """What is said, never to be kept by anything in between."""
    body = {"status": "ok" if status == 200 else "unavailable", "checks": checks}
    return JsonResponse(body, status=status, headers={"Cache-Control": "no-store"})


def passes(name: str, check: Callable[[], None]) -> bool:
    """Whether `check` raises nothing; what it raises goes to the log."""
    try:
        check()
    except (DatabaseError, redis.RedisError, NotReady) as error:
        logger.warning("Not ready, %s: %s", name, error)
        return False
    return True


def check_database() -> None:
    """The database answers. Django itself replaces a connection that broke since its last use."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT 1")


def check_migrations() -> None:
    """Every migration of this version is applied."""
    if not migrations_seen_applied():
        migrations_seen_applied.cache_clear()
        raise NotReady("migrations are missing: run `manage.py migrate`")


@cache
def migrations_seen_applied() -> bool:
    """Read from the database until it is so: no version takes a migration back."""
    executor = MigrationExecutor(connection)
    return not executor.migration_plan(executor.loader.graph.leaf_nodes())


def check_redis() -> None:
    """Redis answers within two seconds."""
    client = redis.Redis.from_url(
        settings.REDIS_URL, socket_connect_timeout=2, socket_timeout=2, retry=None
    )
    try:
        client.ping()
    finally:
        client.close()
