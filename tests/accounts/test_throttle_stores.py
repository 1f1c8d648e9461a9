"""Where throttles keep their numbers, and what happens when Redis goes away."""

import contextlib
import logging
import socket
import threading
import uuid
from collections.abc import Iterator, Sequence

import pytest
from django.conf import settings
from redis import Redis

from accounts.delays import HOUR, SECOND
from accounts.throttle_stores import (
    AWAY,
    MemoryStore,
    RedisStore,
    SharedStore,
    Step,
    Store,
    Value,
    store,
)
from tests.accounts.helpers import at_once
from tests.wheel_servers import valkey_server

NOW = 1_772_452_800_000
LATER = NOW + HOUR


@pytest.fixture(params=[MemoryStore, RedisStore, SharedStore])
def kept(request: pytest.FixtureRequest) -> Store:
    made: Store = request.param() if request.param is MemoryStore else request.param(redis_url())
    return made


@pytest.fixture
def key() -> str:
    return f"test:{uuid.uuid4().hex}"


def redis_url() -> str:
    assert settings.REDIS_URL
    return settings.REDIS_URL


def put(*values: Value) -> Step:
    return lambda _before: list(values)


def read(kept: Store, *keys: str, now: int = NOW) -> list[Value]:
    found: list[Value] = []

    def look(before: list[Value]) -> list[Value]:
        found[:] = before
        return before

    kept.update(keys, look, now)
    return found


def add(before: list[Value]) -> Sequence[Value]:
    """One more moment."""
    return [(*value, LATER) for value in before]


def test_what_was_put_is_found_again(kept: Store, key: str) -> None:
    assert read(kept, f"{key}:a", f"{key}:b") == [(), ()]

    kept.update([f"{key}:a", f"{key}:b"], put((NOW, LATER), ()), NOW)

    assert read(kept, f"{key}:b", f"{key}:a") == [(), (NOW, LATER)]


def test_what_is_void_is_dropped(kept: Store, key: str) -> None:
    kept.update([key], put((LATER,)), NOW)
    assert read(kept, key) == [(LATER,)]

    kept.update([key], put((NOW,)), NOW)

    assert read(kept, key) == [()]


def test_a_step_that_fails_leaves_everything_as_it_was(kept: Store, key: str) -> None:
    kept.update([key], add, NOW)

    def fail(_before: list[Value]) -> list[Value]:
        raise LookupError

    with pytest.raises(LookupError):
        kept.update([key], fail, NOW)

    assert read(kept, key) == [(LATER,)]
    kept.update([key], add, NOW)
    assert read(kept, key) == [(LATER, LATER)]


def test_no_step_is_lost_when_many_are_taken_at_once(kept: Store, key: str) -> None:
    """Keys overlap, as those of one address and several accounts do."""

    def steps(number: int) -> None:
        for _ in range(10):
            kept.update([key, f"{key}:{number % 2}"], add, NOW)

    at_once(*(lambda number=number: steps(number) for number in range(10)))

    assert [len(value) for value in read(kept, key, f"{key}:0", f"{key}:1")] == [100, 50, 50]


def test_redis_drops_a_key_by_itself_when_its_last_moment_has_passed(key: str) -> None:
    RedisStore(redis_url()).update([key], put((LATER, NOW)), NOW)

    with Redis.from_url(redis_url()) as client:
        assert HOUR - 60 * SECOND < client.pttl(key) <= HOUR


def test_a_process_keeps_so_many_keys_and_those_that_changed_last() -> None:
    kept = MemoryStore(most=3)
    for name in ("a", "b", "c"):
        kept.update([name], add, NOW)
    kept.update(["a"], add, NOW)

    kept.update(["d"], add, NOW)

    assert [len(value) for value in read(MemoryStore(3), "a")] == [0]
    assert [len(value) for value in read(kept, "a", "c", "d")] == [2, 1, 1]
    assert read(kept, "b") == [()]


def test_a_flood_of_keys_takes_no_more_memory_than_a_few() -> None:
    kept = MemoryStore(most=100)

    for number in range(1000):
        kept.update([f"{number}:pair", f"{number}:account"], add, NOW)

    assert len(kept._kept) == 100


# --- Redis away ----------------------------------------------------------------------------------


def test_without_redis_the_process_counts_alone_and_says_so_once(
    key: str, caplog: pytest.LogCaptureFixture
) -> None:
    with valkey_server() as server:
        kept = SharedStore(server.url)
        kept.update([key], add, NOW)
        server.stop()
        for moment in (0, 1, AWAY, 2 * AWAY):
            kept.update([key], add, NOW + moment)

        (record,) = caplog.records
        assert record.levelno == logging.WARNING
        assert record.getMessage().startswith("throttle_store_away cause=")
        assert [len(value) for value in read(kept, key, now=NOW + 2 * AWAY)] == [4]

        server.start()
        kept.update([key], add, NOW + 3 * AWAY)

        assert caplog.records[-1].getMessage() == "throttle_store_back seconds=30"
        assert len(caplog.records) == 2
        assert [len(value) for value in read(kept, key, now=NOW + 3 * AWAY)] == [1]


def test_a_redis_that_refuses_to_write_is_away_too(
    key: str, caplog: pytest.LogCaptureFixture
) -> None:
    # So little memory that there is none left at the start.
    with valkey_server(maxmemory="1") as server:
        kept = SharedStore(server.url)
        kept.update([key], add, NOW)
        kept.update([key], add, NOW)

    assert [len(value) for value in read(kept, key)] == [2]
    assert "throttle_store_away" in caplog.text


@contextlib.contextmanager
def mute_server() -> Iterator[tuple[str, list[socket.socket]]]:
    """Takes connections and never says a word; the list holds them."""
    taken: list[socket.socket] = []
    listener = socket.create_server(("127.0.0.1", 0))

    def take() -> None:
        with contextlib.suppress(OSError):
            while True:
                taken.append(listener.accept()[0])

    thread = threading.Thread(target=take, daemon=True)
    thread.start()
    try:
        yield f"redis://127.0.0.1:{listener.getsockname()[1]}/0", taken
    finally:
        listener.shutdown(socket.SHUT_RDWR)
        listener.close()
        thread.join(10)
        for connection in taken:
            connection.close()


def test_a_redis_that_hangs_is_asked_once_in_a_while_and_not_for_every_call(key: str) -> None:
    with mute_server() as (url, taken):
        kept = SharedStore(url)

        for moment in range(0, AWAY, SECOND):
            kept.update([key], add, NOW + moment)
        assert len(taken) == 1
        kept.update([key], add, NOW + AWAY)
        assert len(taken) == 2

        assert [len(value) for value in read(kept, key, now=NOW + AWAY)] == [11]


def test_a_clock_that_is_set_back_does_not_keep_anybody_from_redis(key: str) -> None:
    with valkey_server() as server:
        kept = SharedStore(server.url)
        server.stop()
        kept.update([key], add, NOW + HOUR)
        server.start()

        kept.update([key], add, NOW)

        assert [len(value) for value in read(RedisStore(server.url), key)] == [1]


def test_the_settings_say_which_store_it_is(monkeypatch: pytest.MonkeyPatch) -> None:
    assert isinstance(store(), SharedStore)
    assert store() is store()

    monkeypatch.setattr(settings, "REDIS_URL", "")

    assert isinstance(store.__wrapped__(), MemoryStore)
