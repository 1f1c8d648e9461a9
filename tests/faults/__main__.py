"""`make faults N=20000 KILLS=300 SEED=7`: reminders while processes are killed at random.

The last line is a JSON object; the exit status is 0 when nothing was lost, doubled unmarked or
stuck. The same seed draws the same faults, moods of the Bot API, and moments at which something
is due; how the processes interleave is the machine's choice.
"""

import argparse
import contextlib
import json
import os
import signal
import sys
import tempfile
import time
from pathlib import Path

import django
from django.core.management import call_command
from django.utils import timezone

from tests.fake_bot_api import FakeBotApi
from tests.faults.crew import Crew
from tests.faults.moods import MoodyBotApi
from tests.faults.plan import KILL_WEIGHTS, Kind, plan
from tests.faults.processes import Role, environment
from tests.server_home import Server
from tests.wheel_servers import postgresql_server, valkey_server

SECONDS_A_KILL = 1.5
"""A restarted worker costs about a second of a processor, of which the work needs a part, too."""

SHORTEST = 25.0
REMINDERS_A_SECOND = 60
THREADS = 4
CREW = {Role.SCHEDULER: 2, Role.PLANNER: 2, Role.SENDER: 3}
WRONG_SHOWN = 20


def main() -> int:
    """One run as the command line says; answers the exit status."""
    options = _options()
    # What a crash of the database may not lose is what was committed: only processes die here.
    with (
        tempfile.TemporaryDirectory(prefix="faults-") as folder,
        postgresql_server(synchronous_commit="on") as postgres,
        valkey_server() as valkey,
        MoodyBotApi(options.seed) as bot,
    ):
        settings = {
            "DATABASE_URL": postgres.url,
            "REDIS_URL": valkey.url,
            "TELEGRAM_API_URL": bot.url,
            "TELEGRAM_BOT_TOKEN": "123:a-bot-of-nobody",
            "TELEGRAM_RATE": "1000",
            "DELIVERY_THREADS": str(CREW[Role.SENDER] * THREADS),
        }
        os.environ.update(environment(**settings))
        django.setup()
        call_command("migrate", verbosity=0)
        return _run(options, settings, Path(options.logs or folder), postgres, valkey, bot)


def _run(
    options: argparse.Namespace,
    settings: dict[str, str],
    logs: Path,
    postgres: Server,
    valkey: Server,
    bot: FakeBotApi,
) -> int:
    # These import models, which need the settings above.
    from tests.faults.people import settle
    from tests.faults.reading import judged
    from tests.faults.run import Run, say

    started = time.monotonic()
    seconds = max(SHORTEST, options.kills * SECONDS_A_KILL, options.n / REMINDERS_A_SECOND)
    say(f"seed={options.seed} reminders={options.n} kills={options.kills} over {seconds:.0f} s")
    expected = settle(options.n, seed=options.seed, begin=timezone.now(), seconds=seconds)
    crew = Crew(CREW, logs=logs, settings=settings, threads=THREADS)
    with contextlib.closing(crew):
        run = Run(crew, postgres, valkey, bot)
        run.play(plan(options.seed, kills=options.kills, seconds=seconds))
        run.settle(options.n)
    verdict = judged(expected, bot)
    for line in verdict.wrong[:WRONG_SHOWN]:
        say(line)
    for failure in bot.failures:
        say(f"the Bot API broke: {failure!r}")
    figures = {
        "expected": verdict.expected,
        "kills": run.kills,
        "lost": verdict.lost,
        "duplicates": verdict.duplicates,
        "ambiguous": verdict.ambiguous,
        "unmarked_duplicates": verdict.unmarked_duplicates,
        "stuck": verdict.stuck,
        "seconds": round(time.monotonic() - started, 1),
        "seed": options.seed,
        "sent": verdict.sent,
        "failed": verdict.failed,
        "unexpected": verdict.unexpected,
        "requests": len(bot.requests),
        "postgres_restarts": run.done[Kind.POSTGRES_UP],
        "redis_flushes": run.done[Kind.REDIS_FLUSH],
        "redis_absences": run.done[Kind.REDIS_UP],
        "bot_absences": run.done[Kind.BOT_UP],
        "kills_by_kind": {kind.value: run.done[kind] for kind in KILL_WEIGHTS},
    }
    say(json.dumps(figures))
    return 0 if verdict.is_good and not bot.failures else 1


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m tests.faults", description=__doc__)
    parser.add_argument("--n", type=int, default=20_000, help="reminders")
    parser.add_argument("--kills", type=int, default=300, help="kill -9 of processes")
    parser.add_argument("--seed", type=int, help="of everything that is drawn; random when absent")
    parser.add_argument("--logs", help="an existing folder that keeps what the processes log")
    options = parser.parse_args()
    if options.seed is None:
        options.seed = int.from_bytes(os.urandom(3), "big")
    return options


def _stop(*_signal: object) -> None:
    # make passes on what the terminal has sent already: a second one must not stop the cleaning.
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, signal.SIG_IGN)
    raise KeyboardInterrupt


if __name__ == "__main__":
    for each in (signal.SIGINT, signal.SIGTERM):
        signal.signal(each, _stop)
    try:
        sys.exit(main())
    except KeyboardInterrupt:
        sys.exit(130)
