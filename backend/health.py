"""Whether this process answers, and whether what it leans on does."""

import logging

import dramatiq
from django.db import Error, connection
from django.http import HttpRequest, JsonResponse
from dramatiq.brokers.redis import RedisBroker
from redis import RedisError

logger = logging.getLogger(__name__)


def healthz(request: HttpRequest) -> JsonResponse:
    """200 as soon as the process answers at all."""
    return _answer({"status": "ok"}, status=200)


def readyz(request: HttpRequest) -> JsonResponse:
    """200 when the database and the broker answer, else 503 naming the one that does not."""
    checks = {"database": _database_answers(), "broker": _broker_answers()}
    ready = all(checks.values())
    return _answer(
        {name: "ok" if works else "unavailable" for name, works in checks.items()},
        status=200 if ready else 503,
    )


def _database_answers() -> bool:
    try:
        with connection.cursor() as cursor:
            cursor.execute("SELECT 1")
    except Error:
        logger.warning("readyz_database_unavailable", exc_info=True)
        return False
    return True


def _broker_answers() -> bool:
    broker = dramatiq.get_broker()
    if not isinstance(broker, RedisBroker):
        return True  # it lives in this process
    try:
        broker.client.ping()
    except RedisError:
        logger.warning("readyz_broker_unavailable", exc_info=True)
        return False
    return True


def _answer(body: dict[str, str], *, status: int) -> JsonResponse:
    answer = JsonResponse(body, status=status)
    answer["Cache-Control"] = "no-store"
    return answer
