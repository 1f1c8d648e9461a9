"""Sending a request in either way from the same state, and what differs afterwards.

Same are the rows, the clock, the numbers that new rows get, and whatever is drawn at random: ids of
sessions and errors, tokens, salts. Reads run as in production, outside of transactions, unless the
caller is in one; what a mutation changes is seen from inside and taken back.
"""

import contextlib
import inspect
import io
import json
import logging
import os
import random
import sys
from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from types import CodeType, FrameType
from typing import Any, Final
from unittest import mock

import time_machine
from django.contrib.auth import get_backends
from django.core.signals import request_finished, request_started
from django.db import InternalError, close_old_connections, connection, transaction
from django.test import RequestFactory, override_settings
from graphql import ExecutionContext
from strawberry.types.base import StrawberryObjectDefinition

from accounts import throttling
from backend.schema import schema
from backend.wsgi import application
from tests.parity.exchange import Outcome, Request, Rows, compared
from tests.parity.world import NEXT, NOON

SETTINGS: Final = {
    # Two hashes a case would take more time than all the rest.
    "PASSWORD_HASHERS": ["django.contrib.auth.hashers.MD5PasswordHasher"],
    "TELEGRAM_BOT_NAME": "habits_bot",
    "REGISTRATIONS_PER_HOUR": 1,
    "PASSWORD_RESETS_PER_HOUR": 1,
    # What is refused by its size is not executed in either way.
    "LIMIT_ALIASES": 100,
    "LIMIT_OPERATIONS": 3,
    "LIMIT_COST": 15_000,
    # All errors are held against each other.
    "LIMIT_ERRORS": 100,
}


class Journal(logging.Handler):
    """Keeps the warnings of one request, and what is worse; nobody else hears of them."""

    def __init__(self) -> None:
        super().__init__(logging.WARNING)
        self.lines: list[str] = []

    def emit(self, record: logging.LogRecord) -> None:
        self.lines.append(f"{record.name} {record.levelname} {record.getMessage()}")


class Ways:
    """Both ways, at a stopped clock, for as long as the block lasts."""

    def __enter__(self) -> "Ways":
        self._stack = contextlib.ExitStack()
        self._stack.enter_context(time_machine.travel(NOON, tick=False))
        self._stack.enter_context(override_settings(**SETTINGS))
        # What is loaded at the first log-in draws a salt, and a first connection to Redis a name.
        get_backends()
        throttling.may_have_a_code("", NOON)
        self._random = random.Random(0)  # noqa: S311  # nobody's secret
        self._stack.enter_context(mock.patch.object(os, "urandom", self._draw))
        self._stack.enter_context(mock.patch.object(random, "_urandom", self._draw))
        self._stack.enter_context(mock.patch.object(throttling, "NAMESPACE", throttling.NAMESPACE))
        # It ends connections that are in the middle of a transaction, as ours are.
        for signal in (request_started, request_finished):
            signal.disconnect(close_old_connections)
            self._stack.callback(signal.connect, close_old_connections)
        executed = ExecutionContext.execute_operation

        def watched(context: ExecutionContext, *arguments: Any) -> Any:
            self._by_core = True
            return executed(context, *arguments)

        self._stack.enter_context(mock.patch.object(ExecutionContext, "execute_operation", watched))
        self._by_core = False
        self._journal = Journal()
        self._stack.enter_context(
            mock.patch.object(logging.getLogger(), "handlers", [self._journal])
        )
        self._sent = 0
        self._codes = _mutations()
        return self

    def __exit__(self, *error: object) -> None:
        self._stack.close()

    def differences(self, request: Request) -> tuple[list[str], Outcome]:
        """What differs, and the outcome in the compiled way."""
        compiled = self.outcome(request, compiled=True)
        core = self.outcome(request, compiled=False)
        return compared(core, compiled), compiled

    def outcome(self, request: Request, *, compiled: bool) -> Outcome:
        self._sent += 1
        self._by_core = False
        self._journal.lines.clear()
        self._random.seed(1)
        # Redis takes nothing back, so that every request gets keys of its own.
        throttling.NAMESPACE = f"parity-{os.getpid()}-{self._sent}"
        with override_settings(COMPILED_EXECUTION=compiled):
            if request.tired:
                stranger = RequestFactory().get("/")
                throttling.count_registration(stranger, NOON)
                throttling.count_reset_request(stranger, NOON)
            if request.may_change or connection.in_atomic_block:
                return self._taken_back(request)
            return Outcome(*_sent(request), self._logged, (), (), None, self._by_core)

    def _taken_back(self, request: Request) -> Outcome:
        with transaction.atomic():
            _restart_numbers()
            waiting = len(connection.run_on_commit)
            with _watched(self._codes) as resolved:
                answer = _sent(request)
            deferred = tuple(each[1].__qualname__ for each in connection.run_on_commit[waiting:])
            try:
                rows = all_rows()
            except InternalError:  # as after a statement that failed
                rows = {"": Counter(["nothing can be read any more"])}
            transaction.set_rollback(True)
            return Outcome(*answer, self._logged, tuple(resolved), deferred, rows, self._by_core)

    @property
    def _logged(self) -> tuple[str, ...]:
        return tuple(self._journal.lines)

    def _draw(self, count: int) -> bytes:
        return self._random.randbytes(count)


def all_rows() -> Rows:
    """Every row of every table that has any."""
    parts = (
        f"SELECT '{table}', t::text FROM {connection.ops.quote_name(table)} t"  # noqa: S608  # our own names
        for table in connection.introspection.django_table_names(only_existing=True)
    )
    rows: dict[str, Counter[str]] = {}
    with connection.cursor() as cursor:
        cursor.execute(" UNION ALL ".join(parts))
        for table, row in cursor.fetchall():
            rows.setdefault(table, Counter())[row] += 1
    return rows


def _restart_numbers() -> None:
    """New rows get the same numbers in both ways, which a rollback alone does not bring about."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT setval(format('%%I.%%I', schemaname, sequencename)::regclass, %s, false)"
            " FROM pg_sequences WHERE schemaname = current_schema()",
            [NEXT],
        )


def _sent(request: Request) -> tuple[str, tuple[tuple[str, str], ...], bytes]:
    """The answer's status line, headers and body, as a WSGI server gets them."""
    content = json.dumps(request.body).encode()
    environ = {
        "REQUEST_METHOD": "POST",
        "PATH_INFO": "/graphql",
        "SCRIPT_NAME": "",
        "QUERY_STRING": "",
        "SERVER_NAME": "testserver",
        "SERVER_PORT": "80",
        "SERVER_PROTOCOL": "HTTP/1.1",
        "REMOTE_ADDR": "127.0.0.1",
        "CONTENT_TYPE": "application/json",
        "CONTENT_LENGTH": str(len(content)),
        "wsgi.url_scheme": "http",
        "wsgi.input": io.BytesIO(content),
        "wsgi.errors": sys.stderr,
        "wsgi.version": (1, 0),
        "wsgi.multithread": True,
        "wsgi.multiprocess": True,
        "wsgi.run_once": False,
        **request.headers,
    }
    head: list[Any] = []
    chunks = application(environ, lambda *given: head.extend(given))  # type: ignore[arg-type]  # nobody writes
    body = b"".join(chunks)
    close = getattr(chunks, "close", None)
    if close is not None:
        close()
    return head[0], tuple(head[1]), body


def _mutations() -> dict[CodeType, str]:
    """The code of every mutation's resolver, as it stands in the apps, with its field's name."""
    definition = schema.get_type_by_name("Mutation")
    assert isinstance(definition, StrawberryObjectDefinition)
    codes = {}
    for each in definition.fields:
        assert each.base_resolver is not None
        resolver: Any = each.base_resolver.wrapped_func
        codes[inspect.unwrap(resolver).__code__] = each.name
    return codes


@contextlib.contextmanager
def _watched(codes: Mapping[CodeType, str]) -> Iterator[list[str]]:
    """The names of those that are called in the block, one for each call."""
    called: list[str] = []

    def look(frame: FrameType, event: str, _argument: object) -> None:
        if event == "call" and frame.f_code in codes:
            called.append(codes[frame.f_code])

    before: Callable[..., object] | None = sys.getprofile()
    sys.setprofile(look)
    try:
        yield called
    finally:
        sys.setprofile(before)
