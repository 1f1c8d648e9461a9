"""Several of each at once, killed ones, and a scheduler whose Redis goes away."""

from django.db import transaction
from django.utils import timezone

from habits.models import Habit
from notifications.models import Reminder
from tests.faults.processes import Role
from tests.faults.stage import HOST, Stage, ring, wait_until, wait_until_blocked


def test_a_planner_killed_in_the_middle_leaves_nothing_half_done(stage: Stage) -> None:
    stage.settle(20)
    habit = Habit.objects.order_by("pk")[10]
    with transaction.atomic():
        # Somebody else enters one of the rows and has not committed: the planner waits for it.
        first = stage.expected[10]
        Reminder.objects.create(
            habit=habit,
            user=habit.owner,
            local_date=first.local_date,
            due_at=timezone.now(),
            not_before=timezone.now(),
        )
        (planner,) = stage.start(Role.PLANNER)
        stage.tick()
        wait_until_blocked()
        planner.kill()
        transaction.set_rollback(True)

    assert not Reminder.objects.exists()
    assert Habit.objects.filter(next_due_at__lte=timezone.now()).count() == 20

    stage.start(Role.PLANNER, Role.SENDER)
    stage.tick()
    stage.wait_until_all_ended()

    verdict = stage.verdict()
    assert verdict.wrong == []
    assert (verdict.sent, verdict.ambiguous, verdict.duplicates) == (20, 0, 0)


def test_five_planners_at_once_plan_each_occurrence_once(stage: Stage) -> None:
    stage.settle(3000)
    stage.start(*[Role.PLANNER] * 5)

    for _ in range(5):
        stage.tick()
    wait_until(lambda: not Habit.objects.filter(next_due_at__lte=timezone.now()).exists())

    planned = sorted(Reminder.objects.values_list("habit_id", "local_date"))
    assert planned == sorted((each.habit, each.local_date) for each in stage.expected)


def test_two_hosts_with_all_processes_each_send_every_reminder_once(stage: Stage) -> None:
    stage.settle(100)

    # Each scheduler sends a tick at its start.
    hosts = stage.start(*HOST, *HOST)
    stage.wait_until_all_ended()

    assert all(process.is_alive for process in hosts)
    verdict = stage.verdict()
    assert verdict.wrong == []
    assert (verdict.sent, verdict.ambiguous, verdict.duplicates) == (100, 0, 0)


def test_a_killed_scheduler_has_a_successor_that_ticks_at_once(stage: Stage) -> None:
    scheduler, _planner, _sender = stage.start(*HOST)
    scheduler.kill()
    stage.settle(5)

    stage.start(Role.SCHEDULER)
    stage.wait_until_all_ended()

    assert stage.verdict().sent == len(stage.bot.requests) == 5


def test_a_scheduler_survives_a_redis_that_goes_away_and_comes_back(stage: Stage) -> None:
    scheduler, _planner, _sender = stage.start(*HOST)
    stage.settle(5)
    before = len(scheduler.output)
    stage.valkey.stop()
    try:
        ring(scheduler)  # its minute has come
        wait_until(lambda: "refused" in scheduler.output[before:])
    finally:
        stage.valkey.start()

    ring(scheduler)
    stage.wait_until_all_ended()

    assert scheduler.is_alive
    assert stage.verdict().sent == len(stage.bot.requests) == 5
