"""What the hostile requests of the tests cost: milliseconds of CPU in this process, each.

    python -m benchmarks.hostile [--shown 10] [--rounds 5]

Every request is sent to the application in production settings, without a socket, by somebody who
is logged in and has 100 habits; no document is met twice, so that no cache helps. Of each request
the median counts. The last line is one JSON object; the exit status is 1 when one takes over 100
ms.
"""

import argparse
import datetime
import json
import logging
import statistics
import sys
import time
from typing import TYPE_CHECKING

from benchmarks.backend import backend
from tests.backend.hostile import HOSTILE, Hostile

if TYPE_CHECKING:
    from django.test import Client

    from accounts.models import User

MOST_MS = 100
ACCEPT = "application/graphql-response+json"


def milliseconds(hostile: Hostile, number: int, client: "Client", user: "User") -> float:
    """What one request costs; whatever it changes is taken back."""
    from django.db import transaction
    from graphql_jwt.shortcuts import get_token

    content = never_met(hostile.content, number)
    environ = {"HTTP_AUTHORIZATION": f"Bearer {get_token(user)}", **hostile.environ(ACCEPT)}
    with transaction.atomic():
        start = time.process_time()
        client.generic("POST", "/graphql", content, **environ)  # type: ignore[arg-type]  # environ keys
        spent = time.process_time() - start
        transaction.set_rollback(True)
    return spent * 1000


def never_met(content: bytes, number: int) -> bytes:
    """`content` with a comment at the end of its document, if it has one."""
    try:
        body = json.loads(content)
    except (ValueError, RecursionError):
        return content
    if not isinstance(body, dict) or not isinstance(body.get("query"), str):
        return content
    return json.dumps({**body, "query": f"{body['query']}\n#{number}"}).encode()


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--shown", type=int, default=10)
    parser.add_argument("--rounds", type=int, default=5)
    given = parser.parse_args()
    with backend(ALLOWED_HOSTS="testserver"):
        from django.test import Client

        from accounts.models import User
        from benchmarks.people import make_habits

        logging.disable(logging.CRITICAL)
        make_habits(100, datetime.datetime.now(datetime.UTC), people=1)
        client, user = Client(), User.objects.get()
        spent = {
            hostile.name: statistics.median(
                milliseconds(hostile, number, client, user) for number in range(given.rounds)
            )
            for hostile in HOSTILE
        }
    slowest = sorted(spent.items(), key=lambda pair: -pair[1])
    for name, ms in slowest[: given.shown]:
        print(f"{ms:8.1f} ms  {name}")
    over = [name for name, ms in slowest if ms > MOST_MS]
    figures = {
        "requests": len(spent),
        "median_ms": round(statistics.median(spent.values()), 1),
        "slowest_ms": round(slowest[0][1], 1),
        "over_100_ms": len(over),
    }
    print(json.dumps(figures))
    if over:
        sys.exit(1)


if __name__ == "__main__":
    main()
