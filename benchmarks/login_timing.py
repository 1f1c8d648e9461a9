"""Whether the time of an answer tells which accounts exist: a refused log-in, a forgotten password.

    python -m benchmarks.login_timing [--rounds 400]

Each round tries, in an order of its own:

* log-in: a wrong password, an unknown address, a disabled account, one without a password;
* request: a code for an account with a linked chat, for one with a typed chat, an unknown address;
* guess: a wrong code for each of those, and for an account and an address that nobody asked for.

On real servers, through Django's whole stack but no network. Throttling counts as in production,
but allows as much as the settings can. The last line is one JSON object, with medians and with the
fastest tenth, which a busy machine disturbs less; the exit status is 1 when the latter differs from
that of the unknown address by more than 5%, or an answer differs by a byte.
"""

import argparse
import json
import random
import statistics
import sys
import time
from collections.abc import Callable
from typing import Any

from benchmarks.backend import backend

MOST_ROUNDS = 1000
"""As many as the settings allow without a delay."""

MOST_DIFFERENCE = 0.05

PASSWORD = "a-long-enough-passphrase"  # noqa: S105  # of an account that lives for a minute
UNKNOWN = "unknown"
REFUSED = "{ ... on OperationInfo { messages { code message } } }"
LOGIN = f"""mutation ($email: String!, $password: String!) {{
    tokenAuth(email: $email, password: $password) {REFUSED}
}}"""
REQUEST = "mutation ($email: String!) { requestPasswordReset(email: $email) { __typename } }"
GUESS = f"""mutation ($email: String!, $code: String!, $password: String!) {{
    resetPassword(email: $email, code: $code, password: $password) {REFUSED}
}}"""

Variables = Callable[[int], dict[str, Any]]
"""What is given in the round of that number."""


def _login(name: str, password: str = PASSWORD) -> Variables:
    return lambda _number: {"email": f"{name}@example.org", "password": password}


def _request(name: str) -> Variables:
    # Another account in each round: one gets a code after a pause only.
    return lambda number: {"email": f"{name}{number}@example.org"}


def _guess(name: str) -> Variables:
    given = {"code": "0000-0000", "password": PASSWORD}
    return lambda number: {"email": f"{name}{number}@example.org", **given}


DOORS: dict[str, tuple[str, dict[str, Variables]]] = {
    "login": (
        LOGIN,
        {
            UNKNOWN: _login("nobody"),
            "wrong password": _login("alice", "another-long-passphrase"),
            "disabled": _login("bob"),
            "no password": _login("robot"),
        },
    ),
    "request": (
        REQUEST,
        {name: _request(name) for name in (UNKNOWN, "linked", "typed")},
    ),
    "guess": (GUESS, {name: _guess(name) for name in (UNKNOWN, "linked", "typed")}),
    "guess, not asked for": (GUESS, {UNKNOWN: _guess("nobody"), "known": _guess("quiet")}),
}
"""What is tried at each of them; all of it is held against what is unknown."""


def people(rounds: int) -> None:
    from django.utils import timezone

    from accounts.models import User

    User.objects.create_user("alice@example.org", PASSWORD)
    User.objects.create_user("bob@example.org", PASSWORD, is_active=False)
    User.objects.create_user("robot@example.org")
    hashed = User.objects.get(email="alice@example.org").password
    User.objects.bulk_create(
        User(
            email=f"{name}{number}@example.org",
            password=hashed,
            chat_id=number + 1,
            chat_linked_at=timezone.now() if name == "linked" else None,
        )
        for name in ("linked", "typed", "quiet")
        for number in range(rounds)
    )


def issue(email: str) -> None:
    """A code, as the worker makes it."""
    from django.utils import timezone

    from accounts import password_resets
    from accounts.models import PasswordReset, User

    reset = PasswordReset.objects.get(email=email)
    user = User.objects.filter(email=email, chat_linked_at__isnull=False).first()
    reset.send_at = None
    password_resets.issue(reset, user, timezone.now())


def measure(rounds: int) -> tuple[dict[str, dict[str, list[float]]], dict[str, set[bytes]]]:
    """Milliseconds of each try, by door and what was tried; and each door's different answers."""
    from django.test import Client

    people(rounds)
    client = Client(SERVER_NAME="127.0.0.1")
    times: dict[str, dict[str, list[float]]] = {
        door: {name: [] for name in tried} for door, (_query, tried) in DOORS.items()
    }
    answers: dict[str, set[bytes]] = {door: set() for door in DOORS}
    for number in range(rounds):
        for door, (query, tried) in DOORS.items():
            for name in random.sample(list(tried), len(tried)):
                variables = tried[name](number)
                body = {"query": query, "variables": variables}
                start = time.perf_counter()
                answer = client.post("/graphql", body, content_type="application/json")
                took = time.perf_counter() - start
                answers[door].add(answer.content)
                # The first ones fill caches and pools.
                if number > 2:
                    times[door][name].append(took * 1000)
                if door == "request":
                    issue(variables["email"])
    return times, answers


def figures(times: dict[str, list[float]]) -> dict[str, dict[str, Any]]:
    """Of one door: medians, the fastest tenth, and both as ratios to those of the unknown."""
    medians = {name: statistics.median(each) for name, each in times.items()}
    fast = {name: statistics.quantiles(each, n=10)[0] for name, each in times.items()}
    return {
        "median_ms": {name: round(each, 2) for name, each in medians.items()},
        "fastest_tenth_ms": {name: round(each, 2) for name, each in fast.items()},
        "ratio_to_unknown": {
            name: [round(medians[name] / medians[UNKNOWN], 3), round(fast[name] / fast[UNKNOWN], 3)]
            for name in times
        },
    }


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rounds", type=int, default=400)
    given = parser.parse_args()
    if not 10 <= given.rounds <= MOST_ROUNDS:
        parser.error(f"--rounds is 10 to {MOST_ROUNDS}.")
    patience = {
        "LOGIN_FREE_FAILURES": "1000",
        "LOGIN_FREE_FAILURES_PER_ADDRESS": "100000",
        "PASSWORD_RESETS_PER_HOUR": "5000",
    }
    with backend(**patience):
        times, answers = measure(given.rounds)
    told = {door: figures(each) for door, each in times.items()}
    different = {door: len(each) for door, each in answers.items()}
    print(json.dumps({"rounds": given.rounds, **told, "different_answers": different}))
    ratios = [fast for each in told.values() for _median, fast in each["ratio_to_unknown"].values()]
    is_told = any(abs(ratio - 1) > MOST_DIFFERENCE for ratio in ratios)
    if is_told or set(different.values()) != {1}:
        sys.exit(1)


if __name__ == "__main__":
    main()
