"""What the tests of reminders share: a moment, people, their calls, threads, and made-up time."""

import datetime
import threading
import time
from collections.abc import Callable, Iterable
from concurrent.futures import Future
from typing import Any, TypeVar

import time_machine
from django.db import connection, connections, transaction
from django.utils import timezone
from graphql_jwt.shortcuts import get_token
from strawberry.relay import to_base64

from accounts.models import User
from habits import tracking
from habits.models import Habit
from notifications import delivery
from notifications.intent import begin
from notifications.models import Reminder, State
from notifications.planning import plan_due
from notifications.sending import Sender
from tests.conftest import PASSWORD, Caller

NOW = datetime.datetime(2026, 7, 1, 5, 30, tzinfo=datetime.UTC)
"""07:30 in Berlin: the moment at which alice's habits of `make_habit` are due."""

TODAY = datetime.date(2026, 7, 1)
DAY = datetime.timedelta(days=1)
HOUR = datetime.timedelta(hours=1)
MINUTE = datetime.timedelta(minutes=1)
SECOND = datetime.timedelta(seconds=1)
MOMENT = datetime.timedelta(milliseconds=1)

TOKEN = "123456:the-token-that-no-log-may-show"

Result = TypeVar("Result")


class Steps(threading.Event):
    """A `stopping` whose waits move the frozen clock on instead of taking time."""

    def __init__(self, clock: time_machine.Traveller) -> None:
        super().__init__()
        self.clock = clock
        self.waits: list[float] = []
        self.stop_after: int | None = None
        """Waits after which it sets itself."""

    def wait(self, timeout: float | None = None) -> bool:
        assert timeout is not None
        if timeout > 0:
            self.waits.append(timeout)
            self.clock.shift(timeout)
        if self.stop_after is not None and len(self.waits) >= self.stop_after:
            self.set()
        return self.is_set()


def background(work: Callable[[], Result]) -> Future[Result]:
    """Runs `work` in a thread with database connections of its own, which it closes."""
    future: Future[Result] = Future()

    def run() -> None:
        try:
            result = work()
        except BaseException as error:  # noqa: BLE001  # handed to whoever asks for the result
            connections.close_all()
            future.set_exception(error)
        else:
            connections.close_all()
            future.set_result(result)

    threading.Thread(target=run, daemon=True).start()
    return future


def blocked(call: Future[Any], seconds: float = 10) -> bool:
    """Whether a call in the background comes to wait for a lock; False when it ends first."""
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline:
        with connection.cursor() as cursor:
            cursor.execute("SELECT EXISTS (SELECT FROM pg_locks WHERE NOT granted)")
            if cursor.fetchone()[0]:
                return True
        if call.done():
            return False
        time.sleep(0.01)
    raise TimeoutError(f"neither blocked nor done in {seconds} s")


def person(chat_id: int | None, **fields: Any) -> User:
    """Somebody without a password, in a chat of that number, living in Berlin as alice does."""
    fields = {"time_zone": "Europe/Berlin", **fields}
    email = fields.pop("email", f"chat{chat_id}@example.org")
    return User.objects.create(email=email, password="!", chat_id=chat_id, **fields)


def due(habit: Habit, at: datetime.datetime = NOW) -> Habit:
    """The habit, waiting for its occurrence at `at`."""
    habit.next_due_at = at
    habit.save(update_fields=["next_due_at"])
    return habit


def planned(habit: Habit, at: datetime.datetime = NOW) -> Reminder:
    """The pending row of the habit's occurrence at `at`, made by the planner."""
    due(habit, at)
    plan_due(at)
    return habit.reminders.get(due_at=at)


class NoWaits(threading.Event):
    """A `stopping` whose waits are over at once, while the clock stands still."""

    def wait(self, timeout: float | None = None) -> bool:
        return self.is_set()


def send_next() -> bool:
    """Brings the next row to its outcome, in no time."""
    sender = Sender(delivery.outbox, delivery.slots, NoWaits(), timezone.now)
    return delivery.deliver_next(sender, timezone.now() + HOUR)


def under_way(now: datetime.datetime | None = None) -> Reminder:
    """The next row as its sender knows it, once the intent to send is committed."""
    (message,) = begin([now or timezone.now()], lambda: now or timezone.now()).messages
    return message.reminder


def states(rows: Iterable[Reminder] | None = None) -> list[str]:
    """The rows' states, the oldest due first."""
    given = Reminder.objects.all() if rows is None else rows
    return [row.state for row in sorted(given, key=lambda row: (row.due_at, row.pk))]


def end_of(row: Reminder) -> tuple[str, str]:
    """The row's state and reason as they stand now."""
    row.refresh_from_db()
    return row.state, row.reason


def sent(row: Reminder) -> bool:
    return end_of(row) == (State.SENT, "")


PROBLEMS = "{ __typename ... on OperationInfo { messages { field code message } } }"


def call(user: User, mutation: str, **variables: Any) -> None:
    """The mutation in the name of `user`, with a fresh token; nothing may be wrong with it."""
    assert Caller(get_token(user)).problems(mutation, **variables) == set()


def edit(habit: Habit, **changes: Any) -> None:
    """`updateHabit`, by the owner."""
    mutation = f"mutation($input: HabitUpdateInput!) {{ updateHabit(input: $input) {PROBLEMS} }}"
    call(habit.owner, mutation, input={"id": to_base64("Habit", habit.pk), **changes})


def pause(habit: Habit, first: datetime.date | None, last: datetime.date | None) -> None:
    """Lets it rest, by the owner, from today if `first` is None."""
    with transaction.atomic():
        tracking.pause(_held(habit), first, last, now=timezone.now())


def resume(habit: Habit) -> None:
    """Ends its pause, by the owner."""
    with transaction.atomic():
        tracking.resume(_held(habit), now=timezone.now())


def _held(habit: Habit) -> Habit:
    """As the owner's calls lock it: the person, then the habit."""
    owner = User.objects.select_for_update(no_key=True).get(pk=habit.owner_id)
    held = Habit.objects.for_change().get(pk=habit.pk)
    held.owner = owner
    return held


def delete(habit: Habit) -> None:
    """`deleteHabit`, by the owner."""
    mutation = f"mutation($id: ID!) {{ deleteHabit(id: $id) {PROBLEMS} }}"
    call(habit.owner, mutation, id=to_base64("Habit", habit.pk))


def edit_profile(user: User, **changes: Any) -> None:
    """`updateProfile`."""
    mutation = f"mutation($input: ProfileInput!) {{ updateProfile(input: $input) {PROBLEMS} }}"
    call(user, mutation, input=changes)


def delete_account(user: User) -> None:
    """`deleteAccount`."""
    mutation = f"mutation($password: String!) {{ deleteAccount(password: $password) {PROBLEMS} }}"
    call(user, mutation, password=PASSWORD)
