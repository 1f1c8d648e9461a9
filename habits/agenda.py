"""Which of a person's habits fall on a date."""

import datetime

from accounts.models import User
from habits.history import History
from habits.reading import NO_PAST, Past, Plan, pasts_of, plans_of


def due_today(owner: User, now: datetime.datetime) -> list[int]:
    """The numbers of the owner's habits that fall on their today and do not rest then: open, done
    or skipped. By time, those without one at the end.
    """
    today = owner.today(now)
    plans = plans_of(owner, today)
    pasts = pasts_of([plan.pk for plan in plans if plan.has_past], today)
    due = [plan for plan in plans if _is_due(plan, pasts.get(plan.pk, NO_PAST), today)]
    return [plan.pk for plan in sorted(due, key=_by_time)]


def _is_due(plan: Plan, past: Past, today: datetime.date) -> bool:
    pauses = (*past.pauses, plan.pause) if plan.pause else past.pauses
    history = History(plan.days, today, {}, past.days, pauses)
    return history.days_on(today).is_due_on(today) and not history.is_paused_on(today)


def _by_time(plan: Plan) -> tuple[bool, datetime.time, int]:
    return plan.time is None, plan.time or datetime.time.min, plan.pk
