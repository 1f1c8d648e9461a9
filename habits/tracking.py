"""Saying what became of a habit on a date, taking it back, and pausing.

Every function takes a habit whose owner is loaded and whose owner's row the caller has locked, and
keeps what `habits.progress` keeps of its history in line, in the caller's transaction. A
`ValidationError` leaves everything as it was.
"""

import datetime
from dataclasses import asdict
from typing import cast

from django.core.exceptions import ValidationError
from django.utils.translation import gettext_lazy as _

from accounts.errors import problem
from habits.changes import Before, save_changed
from habits.models import CheckIn, CheckInSource, CheckInStatus, Habit, Progress
from habits.progress import kept, settle, tail_from
from habits.records import histories_of, records_of
from habits.validators import STARTS_WITHIN

DAY = datetime.timedelta(days=1)


class Unchanged:
    """Stands for a note of which a call says nothing."""


UNCHANGED = Unchanged()


def check_in(
    habit: Habit,
    date: datetime.date,
    status: CheckInStatus,
    *,
    source: CheckInSource,
    now: datetime.datetime,
    note: str | Unchanged | None = UNCHANGED,
) -> CheckIn:
    """Says that `habit` was done or skipped on `date`, in place of what was said before.

    Saying the same again changes nothing. A `note` of None takes the note away. Raises
    `ValidationError`: `date_out_of_range` before the habit's start or after the calendar's date in
    the owner's zone, and the codes of texts on `note`.
    """
    if not habit.starts_on <= date <= habit.owner.local_date(now):
        text = _("A check-in is for a date from the habit's start to today, not for the future.")
        raise problem("date", "date_out_of_range", text)
    row = CheckIn.objects.filter(habit=habit, date=date).first()
    said = (row.status, row.note) if row else None
    row = row or CheckIn(habit=habit, date=date)
    row.status = status
    if not isinstance(note, Unchanged):
        row.note = _clean_note(row, note)
    if (row.status, row.note) != said:
        row.source, row.made_at = source, now
        row.save()
        _keep(habit, date, now)
    return row


def undo(habit: Habit, date: datetime.date, *, now: datetime.datetime) -> CheckIn | None:
    """Takes back what was said about `date`; answers it as it stood, None where nothing was."""
    row = CheckIn.objects.filter(habit=habit, date=date).first()
    if row is not None:
        pk = row.pk
        row.delete()
        row.pk = pk  # Django clears it; the answer still tells a client's cache what went
        _keep(habit, date, now)
    return row


def pause(
    habit: Habit,
    first: datetime.date | None,
    last: datetime.date | None,
    *,
    now: datetime.datetime,
) -> None:
    """Lets `habit` rest from `first` (today if None) to `last`, both included (None: open).

    The pause that it makes or will make gives way, but for its dates that have passed; one that
    lies in the past as a whole changes nothing about it. Raises `ValidationError`:
    `pause_ends_before_start`, or `pause_out_of_range` for dates beyond ten years from today.
    """
    today = habit.owner.today(now)
    first = first or today
    _check_pause(first, last, today)
    if last is not None and last < today:
        _rest(habit, first, last)
    else:
        before = Before.of(habit)
        _keep_past_pause(habit, today)
        habit.paused_from, habit.paused_until = first, last
        save_changed(habit, before, now)
    _keep(habit, first, now)


def resume(habit: Habit, *, now: datetime.datetime) -> None:
    """Ends the pause that `habit` makes or will make; the dates before today stay paused."""
    today = habit.owner.today(now)
    _cut_past_pauses(habit, today)
    if habit.pause is None or (habit.pause.ends_on is not None and habit.pause.ends_on < today):
        return
    before = Before.of(habit)
    _keep_past_pause(habit, today)
    habit.paused_from = habit.paused_until = None
    save_changed(habit, before, now)


def _check_pause(first: datetime.date, last: datetime.date | None, today: datetime.date) -> None:
    for name, date in (("from", first), ("until", last)):
        if date is not None and abs(date - today) > STARTS_WITHIN:
            text = _("A pause begins and ends within ten years of today.")
            raise problem(name, "pause_out_of_range", text)
    if last is not None and last < first:
        raise problem("until", "pause_ends_before_start", _("A pause ends on its start or later."))


def _keep_past_pause(habit: Habit, today: datetime.date) -> None:
    """The dates of the habit's own pause that have passed stay paused."""
    if habit.pause is not None and habit.pause.starts_on < today:
        last = habit.pause.ends_on
        yesterday = today - DAY
        _rest(habit, habit.pause.starts_on, yesterday if last is None else min(last, yesterday))


def _cut_past_pauses(habit: Habit, today: datetime.date) -> None:
    """None of them reaches to today or later: one does where today has gone back since."""
    reaching = habit.past_pauses.filter(ends_on__gte=today)
    if reaching:
        habit.past_pauses.filter(starts_on__gte=today).delete()
        reaching.update(ends_on=today - DAY)


def _clean_note(row: CheckIn, note: str | None) -> str | None:
    try:
        return cast("str | None", CheckIn._meta.get_field("note").clean(note, row))
    except ValidationError as error:
        raise ValidationError({"note": error.error_list}) from None


def _rest(habit: Habit, first: datetime.date, last: datetime.date) -> None:
    """These dates were paused; what they touch becomes one pause with them."""
    touched = habit.past_pauses.filter(starts_on__lte=last + DAY, ends_on__gte=first - DAY)
    spans = [(first, last), *touched.values_list("starts_on", "ends_on")]
    touched.delete()
    habit.past_pauses.create(
        starts_on=min(start for start, _end in spans), ends_on=max(end for _start, end in spans)
    )


def _keep(habit: Habit, since: datetime.date, now: datetime.datetime) -> None:
    """Brings what is kept of the habit in line with what changed on `since` and later."""
    record = records_of([habit], now)[habit.pk]
    settled_on = record.kept.settled_on
    if settled_on is None or since <= settled_on:
        known = kept(histories_of([habit], now)[habit.pk])
    else:
        known = settle(record.kept, record.tail)
    if known != record.kept:
        Progress.objects.update_or_create(
            pk=habit.pk, defaults={**asdict(known), "tail_from": tail_from(known)}
        )
