"""`manage.py reminders`: how the reminders stand, and what an operator can do about them."""

import datetime
from typing import Any

import tzdata
from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.utils import timezone

from habits import zone_rules
from notifications import figures, pacing, upkeep
from notifications.models import REASONS, Reminder, State


class Command(BaseCommand):
    help = (
        "Shows how the reminders stand: rows by state, the oldest that waits, the lag, the bot's"
        " pause and the last tick. The actions change something; each has a --help."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        actions = parser.add_subparsers(dest="action", title="actions", metavar="")
        requeue = actions.add_parser(
            "requeue",
            help="send failed reminders again",
            description=(
                "Sends failed reminders again that are still within REMINDER_CATCH_UP_MINUTES."
                " Others stay as they are: too old ones, those whose habit was deleted, and those"
                " with nobody to send to (no chat, an unreachable or stopped one, a disabled"
                " account). One that failed as ambiguous may arrive a second time."
            ),
        )
        requeue.add_argument("--all", action="store_true", help="whatever they failed for")
        requeue.add_argument(
            "--reason",
            action="append",
            metavar="REASON",
            help=f"only those that failed for it; may be given again; one of {_listed_reasons()}",
        )
        requeue.add_argument(
            "--id",
            action="append",
            type=int,
            metavar="ID",
            help="only that row; may be given again",
        )
        actions.add_parser(
            "leave",
            help="do not send ambiguous reminders again",
            description=(
                "Ends reminders that wait to be sent once more after an ambiguous send as failed,"
                " so that nobody gets them twice; those that never arrived are lost."
                " REMINDER_AMBIGUOUS=leave does so from the start."
            ),
        )

        actions.add_parser(
            "replan",
            help="compute anew when habits are due, by this release's time zone rules",
            description=(
                "Computes anew when habits are due, by the time zone rules of this release. Ticks"
                " do so when the rules are newer; after a downgrade, somebody has to ask for it."
            ),
        )

    def handle(self, *args: Any, **options: Any) -> None:
        now = timezone.now()
        match options["action"]:
            case "requeue":
                self._requeue(_selection(options), now)
            case "leave":
                self._leave(now)
            case "replan":
                zone_rules.replan_all(now)
                self.stdout.write(f"All habits are at the rules of tzdata {tzdata.IANA_VERSION}.")
            case _:
                self._show(now)

    def _requeue(self, selection: upkeep.Selection, now: datetime.datetime) -> None:
        try:
            told = upkeep.requeue(selection, now)
        except upkeep.NotFailed as error:
            raise CommandError(_explained(error)) from None
        self.stdout.write(f"Requeued: {told.rows}")
        self._say_left_alone("past the catch-up window", told.too_old)
        self._say_left_alone("habit deleted", told.orphans)
        self._say_left_alone("nobody to send to", told.silent)
        self._say_left_alone("in other hands, ask again", told.busy)

    def _leave(self, now: datetime.datetime) -> None:
        told = upkeep.leave_ambiguous(now)
        self.stdout.write(f"Ended as failed, ambiguous: {told.rows}")
        self._say_left_alone("in other hands, ask again", told.busy)

    def _say_left_alone(self, why: str, count: int) -> None:
        if count:
            self.stdout.write(f"Left alone, {why}: {count}")

    def _show(self, now: datetime.datetime) -> None:
        counts = figures.by_state()
        for state in State:
            reasons = {reason: n for (of, reason), n in sorted(counts.items()) if of == state}
            self.stdout.write(f"{state.value + ':':<14}{sum(reasons.values())}")
            for reason, count in reasons.items():
                if reason:
                    self.stdout.write(f"  {reason + ':':<18}{count}")
        oldest = figures.oldest_pending()
        paused_until = pacing.pause_end(now)
        tick = figures.last_tick()
        self._line("oldest pending", _described(oldest, now) if oldest else "none")
        self._line("lag", _seconds(figures.lag(now)))
        self._line("bot", f"paused until {_moment(paused_until)}" if paused_until else "not paused")
        took = f"{_moment(tick.ended_at)}, took {tick.seconds:.3f} s" if tick else "none yet"
        self._line("last tick", took)

    def _line(self, name: str, value: str) -> None:
        self.stdout.write(f"{name + ':':<16}{value}")


def _selection(options: dict[str, Any]) -> upkeep.Selection:
    """What the options ask for; raises `CommandError` for what cannot be meant."""
    reasons, numbers = options["reason"], options["id"]
    if options["all"] == bool(reasons or numbers):
        raise CommandError("Say which failed reminders: --all, or --reason, --id or both.")
    unknown = sorted(set(reasons or ()).difference(REASONS[State.FAILED]))
    if unknown:
        raise CommandError(f"No such reason: {', '.join(unknown)}. One of {_listed_reasons()}.")
    return upkeep.Selection(
        frozenset(reasons) if reasons else None, frozenset(numbers) if numbers else None
    )


def _listed_reasons() -> str:
    return ", ".join(REASONS[State.FAILED])


def _explained(error: upkeep.NotFailed) -> str:
    missing = [f"{pk} (no such reminder)" for pk in error.missing]
    others = [f"{pk} ({state})" for pk, state in error.others.items()]
    return f"Nothing was changed, as these have not failed: {', '.join(missing + others)}."


def _described(row: Reminder, now: datetime.datetime) -> str:
    what = f"reminder {row.pk} of {row.local_date}, due {_moment(row.due_at)}"
    return f"{what}, has waited {_seconds(now - row.due_at)}" if row.due_at <= now else what


def _moment(moment: datetime.datetime) -> str:
    return moment.astimezone(datetime.UTC).isoformat(sep=" ", timespec="seconds")


def _seconds(duration: datetime.timedelta) -> str:
    return f"{duration.total_seconds():.0f} s"
