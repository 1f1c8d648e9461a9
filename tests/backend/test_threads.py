"""The threads that run the application for the event loop."""

import asyncio
import threading
import weakref

import pytest

from backend.serving.threads import Threads


def test_as_many_calls_as_there_are_threads_run_at_a_time() -> None:
    together = threading.Barrier(3)
    running = 0
    most = 0

    def work(number: int) -> tuple[int, str]:
        nonlocal running, most
        running += 1
        most = max(most, running)
        # Of three threads each one has to come here, twice.
        together.wait(timeout=5)
        running -= 1
        together.wait(timeout=5)
        return number, threading.current_thread().name

    async def run() -> list[tuple[int, str]]:
        threads = Threads(work, 3)
        return await asyncio.gather(*(threads.call(number) for number in range(6)))

    results = asyncio.run(run())

    assert [number for number, _ in results] == list(range(6))
    assert {name for _, name in results} == {"web_1", "web_2", "web_3"}
    assert most == 3


def test_a_thread_that_is_free_is_taken_before_a_new_one_starts() -> None:
    async def run() -> set[str]:
        threads: Threads[int, str] = Threads(lambda _: threading.current_thread().name, 8)
        return {await threads.call(number) for number in range(20)}

    assert asyncio.run(run()) == {"web_1"}


@pytest.mark.parametrize("error", [ValueError, SystemExit])
def test_what_is_raised_reaches_the_caller_and_the_thread_goes_on(
    error: type[BaseException],
) -> None:
    def work(fails: bool) -> str:
        if fails:
            raise error
        return threading.current_thread().name

    async def run() -> tuple[type[BaseException | None], str]:
        threads = Threads(work, 1)
        future = threads.call(True)
        await asyncio.wait([future])
        return type(future.exception()), await threads.call(False)

    assert asyncio.run(run()) == (error, "web_1")


def test_a_call_that_nobody_waits_for_any_more_harms_no_other() -> None:
    may_end = threading.Event()

    def work(number: int) -> int:
        may_end.wait(timeout=5)
        return number

    async def run() -> tuple[int, list[object]]:
        wrong: list[object] = []
        asyncio.get_running_loop().set_exception_handler(lambda _, context: wrong.append(context))
        threads = Threads(work, 1)
        threads.call(1).cancel()
        following = threads.call(2)
        may_end.set()
        return await following, wrong

    assert asyncio.run(run()) == (2, [])


def test_an_idle_thread_keeps_nothing_of_its_last_call() -> None:
    class Request:
        pass

    async def run() -> bool:
        threads: Threads[object, None] = Threads(lambda _: None, 1)
        request = Request()
        kept = weakref.ref(request)
        await threads.call(request)
        del request
        # The answer comes a moment before the thread lets go.
        for _ in range(200):
            if kept() is None:
                return True
            await asyncio.sleep(0.01)
        return False

    assert asyncio.run(run())
