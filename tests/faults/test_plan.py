"""A seed is the whole plan: what fails can be played again."""

from collections import Counter

import pytest

from tests.fake_bot_api import ok
from tests.faults.moods import LATENCY, Fate, fate, mood
from tests.faults.plan import KILL_WEIGHTS, Kind, plan


def test_a_seed_draws_the_same_plan_twice_and_another_seed_another_one() -> None:
    assert plan(7, kills=50, seconds=60) == plan(7, kills=50, seconds=60)
    assert plan(7, kills=50, seconds=60) != plan(8, kills=50, seconds=60)


@pytest.mark.parametrize("kills", [1, 10, 300])
def test_a_plan_has_all_its_kills_and_every_other_fault_in_order(kills: int) -> None:
    faults = plan(7, kills=kills, seconds=450)

    kinds = Counter(fault.kind for fault in faults)
    assert sum(kinds[kind] for kind in KILL_WEIGHTS) == kills
    assert kinds[Kind.REDIS_FLUSH] == max(1, kills // 40)
    assert kinds[Kind.POSTGRES_DOWN] == kinds[Kind.POSTGRES_UP] == max(1, kills // 75)
    moments = [fault.at for fault in faults]
    assert moments == sorted(moments)
    assert 0 <= moments[0] <= moments[-1] <= 450


def test_300_kills_hit_every_kind_of_process_in_every_way() -> None:
    kinds = Counter(fault.kind for fault in plan(7, kills=300, seconds=450))

    assert min(kinds[kind] for kind in KILL_WEIGHTS) > 0


@pytest.mark.parametrize("seed", range(20))
def test_a_server_that_is_away_comes_back_before_it_goes_again(seed: int) -> None:
    faults = plan(seed, kills=300, seconds=200)

    for down, up in (
        (Kind.POSTGRES_DOWN, Kind.POSTGRES_UP),
        (Kind.REDIS_DOWN, Kind.REDIS_UP),
        (Kind.BOT_DOWN, Kind.BOT_UP),
    ):
        kinds = [fault.kind for fault in faults if fault.kind in (down, up)]
        assert kinds == [down, up] * (len(kinds) // 2)


def test_a_seed_gives_a_chat_its_fate_and_a_request_its_answer() -> None:
    assert [fate(7, chat) for chat in range(500)] == [fate(7, chat) for chat in range(500)]
    assert {fate(7, chat) for chat in range(500)} == set(Fate)
    assert [mood(7, 1, nth) for nth in range(500)] == [mood(7, 1, nth) for nth in range(500)]


def test_most_requests_are_answered_well_and_soon() -> None:
    answers = [mood(7, chat, 1) for chat in range(2000)]

    fine = [each for each in answers if LATENCY[0] <= each.after <= LATENCY[1] and not each.cut]
    assert 0.95 < len(fine) / len(answers) < 1
    assert {each.status for each in answers} == {200, 429, 500}
    assert {each.cut for each in answers} == {False, True}
    assert fine[0].delivers == ok().delivers
