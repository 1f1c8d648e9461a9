"""What a run came to: the ledger against what was due and what the Bot API delivered. Pure."""

import datetime
from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

ENDS = {"sent", "failed", "cancelled", "expired"}
RESENDS = 1
"""Of an ambiguous row; it fails at the next ambiguity."""


@dataclass(frozen=True, slots=True)
class Expected:
    """An occurrence that became due. `action` names it in its message; `reason` is why its chat
    lets it fail, None where the chat takes it."""

    habit: int
    local_date: datetime.date
    action: str
    reason: str | None = None


@dataclass(frozen=True, slots=True)
class Row:
    """What the ledger says."""

    habit: int | None
    local_date: datetime.date
    state: str
    reason: str
    ambiguities: int


@dataclass(slots=True)
class Verdict:
    """The figures, and a line for each thing that is wrong."""

    expected: int = 0
    sent: int = 0
    failed: int = 0
    lost: int = 0
    unexpected: int = 0
    duplicates: int = 0
    ambiguous: int = 0
    unmarked_duplicates: int = 0
    stuck: int = 0
    wrong: list[str] = field(default_factory=list)

    @property
    def is_good(self) -> bool:
        return not (self.lost or self.unexpected or self.unmarked_duplicates or self.stuck)


def judge(
    expected: Iterable[Expected], rows: Iterable[Row], delivered: Mapping[str, int]
) -> Verdict:
    """`delivered`: how many messages of each action reached a chat.

    Lost is an occurrence without exactly one row, one that is `sent` without a message, and one
    that ended unsent for no cause that the run gave it. A duplicate is unmarked when its row knows
    of fewer ambiguities than there were messages too many. A row that has not ended is stuck.
    """
    verdict = Verdict()
    by_occurrence = defaultdict(list)
    for row in rows:
        by_occurrence[row.habit, row.local_date].append(row)
    for each in expected:
        verdict.expected += 1
        found = by_occurrence.pop((each.habit, each.local_date), [])
        _judge_one(verdict, each, found, delivered.get(each.action, 0))
    for extra in by_occurrence.values():
        verdict.unexpected += len(extra)
        verdict.wrong += [f"not due: {row}" for row in extra]
    return verdict


def _judge_one(verdict: Verdict, expected: Expected, rows: list[Row], messages: int) -> None:
    states = Counter(row.state for row in rows)
    ambiguities = sum(row.ambiguities for row in rows)
    verdict.sent += states["sent"]
    verdict.failed += states["failed"]
    verdict.ambiguous += ambiguities > 0
    verdict.duplicates += max(0, messages - 1)
    about = f"{expected} {rows} messages={messages}"
    if messages > 1 + ambiguities:
        verdict.unmarked_duplicates += 1
        verdict.wrong.append(f"unmarked duplicate: {about}")
    if any(row.state not in ENDS for row in rows):
        verdict.stuck += 1
        verdict.wrong.append(f"stuck: {about}")
    elif len(rows) != 1 or not _is_accounted_for(expected, rows[0], messages):
        verdict.lost += 1
        verdict.wrong.append(f"lost: {about}")


def _is_accounted_for(expected: Expected, row: Row, messages: int) -> bool:
    if row.state == "sent":
        return messages > 0
    if row.state == "failed" and row.reason == "ambiguous":
        return row.ambiguities > RESENDS
    return row.state == "failed" and row.reason == expected.reason
