"""How much of everything a run has."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Scale:
    """`busy` people have long lists and check-ins on so many `days`; everybody else has the rest.

    An operation is measured for `seconds` in each of `rounds`, in each program. `few` and `many`
    habits are those of the two idle ticks, `due` reminders are planned at once, `reminders` are
    sent, and `varied` requests go to the process whose memory is watched.
    """

    people: int
    habits: int
    busy: int
    days: int
    rounds: int
    seconds: float
    few: int
    many: int
    due: int
    reminders: int
    varied: int


SCALES = {
    "full": Scale(
        people=100_000,
        habits=1_000_000,
        busy=500,
        days=120,
        rounds=7,
        seconds=3,
        few=10_000,
        many=1_000_000,
        due=100_000,
        reminders=20_000,
        varied=300_000,
    ),
    "small": Scale(
        people=2_000,
        habits=20_000,
        busy=200,
        days=60,
        rounds=5,
        seconds=1,
        few=1_000,
        many=20_000,
        due=5_000,
        reminders=3_000,
        varied=6_000,
    ),
}
