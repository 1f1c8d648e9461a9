"""Where the time of `createHabit` goes: the process's CPU, alone on a core, piece by piece.

    python -m benchmarks.creating [--calls 300] [--rounds 7]

The whole request runs through the WSGI application in this process, on a new PostgreSQL. Pieces are
taken away one after the other, or run by themselves; each figure is the least of the rounds, in
microseconds of CPU a request. A round trip's share is what this process spends on sending, on being
woken and on reading the answer. The last line is one JSON object.
"""

import argparse
import contextlib
import io
import json
import sys
import time
from collections.abc import Callable, Iterator
from itertools import cycle
from typing import Any
from unittest import mock

from benchmarks.backend import backend

PEOPLE = 500
SHELL = "{ __typename }"


def measure(*, calls: int = 300, rounds: int = 7) -> dict[str, float]:
    """One run, as the command line's options say; answers the figures."""

    def least(call: Callable[[], object]) -> float:
        call()
        found = []
        for _ in range(rounds):
            start = time.process_time()
            for _ in range(calls):
                call()
            found.append((time.process_time() - start) / calls * 1e6)
        return round(min(found), 1)

    with backend():
        from django.db import transaction
        from django.utils import timezone

        from accounts.models import User
        from backend.wsgi import django as application
        from benchmarks.bench.operations import CREATE_HABIT, new_habit
        from benchmarks.people import make_habits
        from habits.models import Habit
        from habits.validators import validate_habit

        now = timezone.now()
        make_habits(PEOPLE, now, people=PEOPLE)
        people = list(User.objects.all())
        tokens = cycle([_token(each) for each in people])
        variables = {"input": new_habit(17)}

        def request(document: str, given: dict[str, Any]) -> Callable[[], bytes]:
            return lambda: _ask(application, next(tokens), document, given)

        create = request(CREATE_HABIT, variables)
        if b'"action"' not in create():
            raise RuntimeError("the habit was refused")
        made = Habit.objects.select_related("owner").latest("pk")
        today = made.owner.today(now)

        def save() -> None:
            made.pk, made._state.adding = None, True
            made.save(force_insert=True)

        figures = {"whole": least(create), "shell": least(request(SHELL, {}))}
        with _stubbed(made.owner):
            without = least(create)
            figures |= {
                "statements": round(figures["whole"] - without, 1),
                "rules": least(lambda: validate_habit(made, given={}, today=today)),
                "next_due_at": least(lambda: made.reschedule(now)),
                "model": least(lambda: Habit(owner=made.owner, starts_on=today, periodicity=1)),
                "save": least(save),
                "atomic": least(transaction.atomic(lambda: None)),
            }
    pieces = [value for name, value in figures.items() if name != "whole"]
    figures["input_resolver_answer"] = round(figures["whole"] - sum(pieces), 1)
    return figures


def _token(user: Any) -> str:
    from graphql_jwt.utils import jwt_encode

    from accounts.access_tokens import claims_for

    return str(jwt_encode(claims_for(user)))


def _ask(application: Any, token: str, document: str, variables: dict[str, Any]) -> bytes:
    body = json.dumps({"query": document, "variables": variables}).encode()
    answer = application(
        {
            "REQUEST_METHOD": "POST",
            "PATH_INFO": "/graphql",
            "SERVER_NAME": "127.0.0.1",
            "SERVER_PORT": "80",
            "SERVER_PROTOCOL": "HTTP/1.1",
            "REMOTE_ADDR": "127.0.0.1",
            "HTTP_HOST": "127.0.0.1",
            "HTTP_AUTHORIZATION": f"Bearer {token}",
            "CONTENT_TYPE": "application/json",
            "CONTENT_LENGTH": str(len(body)),
            "wsgi.url_scheme": "http",
            "wsgi.errors": sys.stderr,
            "wsgi.input": io.BytesIO(body),
        },
        lambda _status, _headers: None,
    )
    text = b"".join(answer)
    answer.close()
    return text


@contextlib.contextmanager
def _stubbed(owner: Any) -> Iterator[None]:
    """PostgreSQL answers at once: the person's row, and the new habit's number."""
    from accounts.models import User
    from accounts.sql import prepared

    columns = ", ".join(f'"{field.column}"' for field in User._meta.concrete_fields)
    person = prepared.rows(f"SELECT {columns}, 1 FROM accounts_user WHERE id = %s", [owner.pk])  # noqa: S608  # columns

    def rows(sql: str, _parameters: object) -> list[tuple[Any, ...]]:
        return person if "FOR NO KEY UPDATE" in sql else [(1,)]

    with mock.patch.object(prepared, "rows", rows):
        yield


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else None)
    parser.add_argument("--calls", type=int, default=300)
    parser.add_argument("--rounds", type=int, default=7)
    figures = measure(**vars(parser.parse_args()))
    for name, value in figures.items():
        print(f"{name:24} {value:7.1f} {value / figures['whole']:6.0%}")
    print(json.dumps(figures))


if __name__ == "__main__":
    main()
