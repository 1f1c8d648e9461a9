"""The audits of the npm package `graphql-http`, its versions pinned in `package.json`."""

import json
import shutil
import subprocess
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path

HERE = Path(__file__).parent
BUILD = HERE.parents[1] / "build" / "audit"
INSTALL = "npm install --no-package-lock --no-audit --no-fund --ignore-scripts --loglevel=error"
SECONDS = 120
"""That an installation, or all audits together, may take."""


class Level(StrEnum):
    """How much a requirement weighs, in the words of RFC 2119."""

    MUST = "MUST"
    SHOULD = "SHOULD"
    MAY = "MAY"


REQUIRED = (Level.MUST, Level.SHOULD)


class AuditError(RuntimeError):
    """The audits could not be run; the text says what is missing or went wrong."""


@dataclass(frozen=True, slots=True)
class Outcome:
    """Of one audit; `reason` is why it did not pass, and None when it did."""

    id: str
    name: str
    passed: bool
    reason: str | None

    @property
    def level(self) -> Level:
        """The first word of the name."""
        return Level(self.name.partition(" ")[0])


@dataclass(frozen=True, slots=True)
class Tally:
    """How many audits of a level passed, of how many."""

    level: Level
    passed: int
    of: int


def audit(url: str) -> list[Outcome]:
    """The outcome of every audit of the endpoint at `url`; raises `AuditError`."""
    node, npm = shutil.which("node"), shutil.which("npm")
    if not node or not npm:
        raise AuditError(
            "The audits need Node.js 18 or newer with npm on the PATH; nothing else here does."
        )
    BUILD.mkdir(parents=True, exist_ok=True)
    for name in ("package.json", "audits.js"):
        shutil.copy(HERE / name, BUILD / name)
    _run([npm, *INSTALL.split()[1:]])
    return [Outcome(**json.loads(line)) for line in _run([node, "audits.js", url]).splitlines()]


def tallies(outcomes: Iterable[Outcome]) -> Iterator[Tally]:
    """One for each level, the weightiest first."""
    found = list(outcomes)
    for level in Level:
        passed = [each.passed for each in found if each.level is level]
        yield Tally(level, passed.count(True), len(passed))


def is_good(outcomes: Iterable[Outcome]) -> bool:
    """Whether audits ran, and every MUST and SHOULD among them passed."""
    required = [each.passed for each in outcomes if each.level in REQUIRED]
    return bool(required) and all(required)


def _run(command: list[str]) -> str:
    """What a program prints; raises `AuditError` with its last words when it fails."""
    try:
        done = subprocess.run(
            command, cwd=BUILD, capture_output=True, text=True, timeout=SECONDS, check=True
        )
    except subprocess.TimeoutExpired:
        raise AuditError(f"{command[0]} took over {SECONDS} s.") from None
    except subprocess.CalledProcessError as error:
        raise AuditError(error.stderr[-2000:].strip()) from None
    return done.stdout
