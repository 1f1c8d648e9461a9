"""Whether the time of a refused log-in tells which accounts exist.

    python -m benchmarks.login_timing [--rounds 400]

Each round tries one wrong password, one unknown address, one disabled account and one account
without a password, in an order of its own, on real servers, through Django's whole stack but no
network. Throttling counts as in production, but allows as much as the settings can. The last line
is one JSON object, with medians and with the fastest tenth, which a busy machine disturbs less; the
exit status is 1 when the latter differs from that of the unknown address by more than 5%, or an
answer differs by a byte.
"""

import argparse
import json
import random
import statistics
import sys
import time

from benchmarks.backend import backend

MOST_ROUNDS = 1000
"""As many as the settings allow without a delay."""

MOST_DIFFERENCE = 0.05

UNKNOWN = "unknown"
PASSWORD = "a-long-enough-passphrase"  # noqa: S105  # of an account that lives for a minute
TRIED = {
    "wrong password": ("alice@example.org", "another-long-passphrase"),
    UNKNOWN: ("nobody@example.org", PASSWORD),
    "disabled": ("bob@example.org", PASSWORD),
    "no password": ("robot@example.org", PASSWORD),
}
LOGIN = """mutation ($email: String!, $password: String!) {
    tokenAuth(email: $email, password: $password) {
        ... on OperationInfo { messages { code message } }
    }
}"""


def measure(rounds: int) -> tuple[dict[str, list[float]], set[bytes]]:
    """Milliseconds of each try, by what was tried; and the different answers."""
    from django.test import Client

    from accounts.models import User

    User.objects.create_user("alice@example.org", PASSWORD)
    User.objects.create_user("bob@example.org", PASSWORD, is_active=False)
    User.objects.create_user("robot@example.org")
    client = Client(SERVER_NAME="127.0.0.1")
    times: dict[str, list[float]] = {name: [] for name in TRIED}
    answers = set()
    for number in range(rounds):
        for name in random.sample(list(TRIED), len(TRIED)):
            email, password = TRIED[name]
            body = {"query": LOGIN, "variables": {"email": email, "password": password}}
            start = time.perf_counter()
            answer = client.post("/graphql", body, content_type="application/json")
            took = time.perf_counter() - start
            answers.add(answer.content)
            # The first ones fill caches and pools.
            if number > 2:
                times[name].append(took * 1000)
    return times, answers


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rounds", type=int, default=400)
    given = parser.parse_args()
    if not 10 <= given.rounds <= MOST_ROUNDS:
        parser.error(f"--rounds is 10 to {MOST_ROUNDS}.")
    patience = {"LOGIN_FREE_FAILURES": "1000", "LOGIN_FREE_FAILURES_PER_ADDRESS": "100000"}
    with backend(**patience):
        times, answers = measure(given.rounds)
    medians = {name: statistics.median(each) for name, each in times.items()}
    fast = {name: statistics.quantiles(each, n=10)[0] for name, each in times.items()}
    ratios = {name: each / fast[UNKNOWN] for name, each in fast.items()}
    figures = {
        "rounds": given.rounds,
        "median_ms": {name: round(each, 2) for name, each in medians.items()},
        "fastest_tenth_ms": {name: round(each, 2) for name, each in fast.items()},
        "ratio_to_unknown": {
            name: [round(each / medians[UNKNOWN], 3), round(ratios[name], 3)]
            for name, each in medians.items()
        },
        "different_answers": len(answers),
    }
    print(json.dumps(figures))
    if len(answers) > 1 or any(abs(ratio - 1) > MOST_DIFFERENCE for ratio in ratios.values()):
        sys.exit(1)


if __name__ == "__main__":
    main()
