"""The floor as a WSGI application: an operation for each path, and GraphQL's answers.

The bodies are those that the product gets; of them only the variables are read.
"""

import datetime
import os
import zoneinfo
from collections.abc import Callable, Iterable
from typing import Any
from wsgiref.types import StartResponse, WSGIEnvironment

import orjson

from benchmarks.twins.floor import answers
from benchmarks.twins.floor.creating import create
from benchmarks.twins.floor.prepared import PreparedStore
from benchmarks.twins.floor.store import Store
from benchmarks.twins.floor.today import today
from benchmarks.twins.floor.tokens import Account, Unauthenticated, account_of

# The pinned tzdata package rules, as in the product.
zoneinfo.reset_tzpath(())

store = PreparedStore() if os.environ.get("FLOOR") == "prepared" else Store()

Variables = dict[str, Any]


def my_page(account: Account, variables: Variables) -> dict[str, Any]:
    size = variables["first"]
    after = answers.row_after("habits", variables.get("after"))
    rows = store.my_page(account, after, size + 1)
    nodes = [answers.own(row) for row in rows[:size]]
    return {"habits": answers.page("habits", rows, nodes, size)}


def public_page(account: Account, variables: Variables) -> dict[str, Any]:
    size = variables["first"]
    after = answers.row_after("publicHabits", variables.get("after"))
    rows = store.public_page(account, after, size + 1)
    nodes = [answers.public(row, account[0]) for row in rows[:size]]
    return {"publicHabits": answers.page("publicHabits", rows, nodes, size)}


def new_habit(account: Account, variables: Variables) -> dict[str, Any]:
    return {"createHabit": create(store, account, variables["input"])}


def due_today(account: Account, variables: Variables) -> dict[str, Any]:
    now = datetime.datetime.now(datetime.UTC)
    return {"today": today(store, account, variables["first"], now)}


OPERATIONS: dict[str, Callable[[Account, Variables], dict[str, Any]]] = {
    "/a": my_page,
    "/b": public_page,
    "/c": new_habit,
    "/d": due_today,
}

UNAUTHENTICATED: dict[str, Any] = {
    "errors": [{"extensions": {"code": "UNAUTHENTICATED"}}],
    "data": None,
}


def application(environ: WSGIEnvironment, start_response: StartResponse) -> Iterable[bytes]:
    try:
        account = account_of(environ.get("HTTP_AUTHORIZATION", ""))
        body = orjson.loads(environ["wsgi.input"].read(int(environ["CONTENT_LENGTH"])))
        answer: dict[str, Any] = {
            "data": OPERATIONS[environ["PATH_INFO"]](account, body["variables"])
        }
    except Unauthenticated:
        answer = UNAUTHENTICATED
    payload = orjson.dumps(answer)
    start_response(
        "200 OK",
        [
            ("Content-Type", "application/json; charset=utf-8"),
            ("Content-Length", str(len(payload))),
        ],
    )
    return [payload]
