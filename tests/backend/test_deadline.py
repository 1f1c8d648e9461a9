"""How long the server waits for what a client sends."""

import asyncio

import pytest

from backend.serving.deadline import Deadline


async def never() -> None:
    await asyncio.Event().wait()


async def soon(value: int) -> int:
    await asyncio.sleep(0)
    return value


def test_what_comes_in_time_is_handed_on() -> None:
    async def run() -> list[int]:
        deadline = Deadline(60)
        return await asyncio.gather(*(deadline.keep(soon(value)) for value in range(3)))

    assert asyncio.run(run()) == [0, 1, 2]


def test_each_that_is_late_is_told_so_and_the_others_go_on() -> None:
    async def run() -> list[object]:
        deadline = Deadline(0.05)
        waiting = [deadline.keep(never()), deadline.keep(soon(1)), deadline.keep(never())]
        first = await asyncio.gather(*waiting, return_exceptions=True)
        # The one timer looks again when it has had nothing to look at.
        second = await asyncio.gather(deadline.keep(never()), return_exceptions=True)
        return [*first, *second]

    late, came, late_too, later = asyncio.run(run())

    assert came == 1
    assert all(isinstance(each, TimeoutError) for each in (late, late_too, later))


def test_a_late_task_goes_on_uncancelled() -> None:
    async def run() -> int:
        deadline = Deadline(0.05)
        with pytest.raises(TimeoutError):
            await deadline.keep(never())
        task = asyncio.current_task()
        assert task is not None
        return task.cancelling() + await deadline.keep(soon(0))

    assert asyncio.run(run()) == 0


def test_who_is_cancelled_from_outside_is_not_late() -> None:
    async def run() -> None:
        deadline = Deadline(60)
        task = asyncio.ensure_future(deadline.keep(never()))
        await asyncio.sleep(0)
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task

    asyncio.run(run())
