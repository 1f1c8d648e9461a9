"""What a new tzdata means for habits: their local times stay, and the instants are computed anew.

The scheduler's tick calls `keep_up`. Where this process has newer rules than those in the database,
a pass over all habits begins. It goes by their numbers, in batches of one short transaction each,
and writes down how far it came, so that it goes on after a crash, or from another process. Each
habit goes on waiting for the date it waited for. Where the new instant of that date has passed, it
is overdue, and the planner enters it like any other.

Versions only go forward, so that an older process beside a newer one, as while a new release is
rolled out, does not undo its work. But until it is gone, it goes on computing by its own rules the
instants of habits that it plans or saves. Such an occurrence may come early or late by as much as
the rules have moved, once; the planner computes the one after it by the new rules, and the ledger
never holds a date twice. `replan_all` mends those that lie far ahead, and serves a downgrade.
"""

import datetime
import logging
from collections import defaultdict

import tzdata
from django.db import transaction
from django.db.models import F

from habits.changes import ScheduleChange
from habits.models import Habit, ZoneRules
from habits.recurrence import under_new_rules
from habits.signals import schedules_changed

logger = logging.getLogger(__name__)

BATCH = 1000
"""Habits in one transaction: short enough to keep locks and memory small."""

BATCHES = 100
"""What one tick moves on, in some seconds: it is not to hold up the next minute's."""


def keep_up(now: datetime.datetime) -> None:
    """Brings all habits to this process's rules, unless they are there or are at newer ones.

    Costs one small query where there is nothing to do. Of several at once, one does the work and
    the others leave it to that one; a call goes no further than `BATCHES`, the next one goes on.
    """
    # Without a row, the database is new, and all that is in it comes from processes like this one.
    newest = {"version": tzdata.IANA_VERSION}
    rules, _created = ZoneRules.objects.get_or_create(pk=ZoneRules.PK, defaults=newest)
    if rules.version < tzdata.IANA_VERSION:
        logger.info("zone_rules_changed from=%s to=%s", rules.version, tzdata.IANA_VERSION)
        # Unless another process was quicker, and has come some way.
        behind = ZoneRules.objects.filter(pk=rules.pk, version=rules.version)
        behind.update(version=tzdata.IANA_VERSION, reached=0)
    elif rules.version > tzdata.IANA_VERSION or rules.reached is None:
        return
    for _ in range(BATCHES):
        if not _next_batch(now):
            break


def replan_all(now: datetime.datetime) -> None:
    """Brings all habits to this process's rules, even if they are older: for an operator."""
    ZoneRules.objects.update_or_create(
        pk=ZoneRules.PK, defaults={"version": tzdata.IANA_VERSION, "reached": 0}
    )
    while _next_batch(now):
        pass


@transaction.atomic
def _next_batch(now: datetime.datetime) -> bool:
    """Says whether there is more to do. Waits for habits that others hold: none may be missed."""
    under_way = ZoneRules.objects.filter(version=tzdata.IANA_VERSION, reached__isnull=False)
    rules = under_way.select_for_update(skip_locked=True).first()
    if rules is None:
        return False
    habits = list(
        Habit.objects.filter(pk__gt=rules.reached, next_due_at__isnull=False)
        # Their owners are read once they are locked: a change of zone came before, or comes after.
        .prefetch_related("owner")
        # No key of theirs changes: what refers to one of them does not wait.
        .select_for_update(no_key=True)
        .order_by("pk")[:BATCH]
    )
    for shift, pks in _shifts(habits).items():
        Habit.objects.filter(pk__in=pks).update(next_due_at=F("next_due_at") + shift)
    # What is overdue stays so, for the planner: nothing is to be entered by the former schedule.
    changes = [ScheduleChange(habit, None, None) for habit in habits]
    schedules_changed.send(Habit, changes=changes, now=now)
    rules.reached = habits[-1].pk if len(habits) == BATCH else None
    rules.save()
    if rules.reached is None:
        logger.info("zone_rules_kept_up version=%s", rules.version)
    return rules.reached is not None


def _shifts(habits: list[Habit]) -> dict[datetime.timedelta, list[int]]:
    """Which habits wait how much longer by the new rules, in few groups; sets `next_due_at`."""
    shifts = defaultdict(list)
    for habit in habits:
        before, schedule = habit.next_due_at, habit.schedule
        if before is None or schedule is None:
            continue
        after = under_new_rules(before, schedule)
        if after is not None and after != before:
            shifts[after - before].append(habit.pk)
            habit.next_due_at = after
    return shifts
