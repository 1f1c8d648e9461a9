"""Where throttles keep their numbers: in Redis, which all processes share, or in this process."""

import json
import logging
import threading
from collections import OrderedDict
from collections.abc import Callable, Sequence
from functools import cache
from typing import Protocol

from django.conf import settings
from redis import Redis, RedisError
from redis.backoff import NoBackoff
from redis.client import Pipeline
from redis.retry import Retry

from accounts.delays import SECOND

logger = logging.getLogger(__name__)

Value = tuple[int, ...]
"""Moments in milliseconds since 1970; empty where nothing is kept."""

Step = Callable[[list[Value]], Sequence[Value]]
"""From the values of some keys to those that replace them. It may run more than once; what it
raises leaves all as it was."""

MOST_KEPT = 50_000
"""Keys in one process's memory, about 15 MB. Those that changed longest ago make room."""

ANSWER_SECONDS = 1
"""A Redis that takes longer is away: somebody waits for the answer."""

AWAY = 10 * SECOND
"""For so long nobody asks a Redis that is away, so that not every call waits for it."""


class Store(Protocol):
    """Keeps values until their last moment has passed."""

    def update(self, keys: Sequence[str], step: Step, now: int) -> None:
        """Takes one step: nothing else comes between its reading and its writing."""


class MemoryStore:
    """Of one process and all its threads; bounded."""

    def __init__(self, most: int = MOST_KEPT) -> None:
        self._most = most
        self._lock = threading.Lock()
        self._kept: OrderedDict[str, Value] = OrderedDict()

    def update(self, keys: Sequence[str], step: Step, now: int) -> None:
        with self._lock:
            after = step([self._kept.get(key, ()) for key in keys])
            for key, value in zip(keys, after, strict=True):
                self._kept.pop(key, None)
                if max(value, default=0) > now:
                    self._kept[key] = value
            while len(self._kept) > self._most:
                self._kept.popitem(last=False)


class RedisStore:
    """Of all processes. Redis' own clock only tells it when to drop a key."""

    def __init__(self, url: str) -> None:
        self._client = Redis.from_url(
            url,
            socket_connect_timeout=ANSWER_SECONDS,
            socket_timeout=ANSWER_SECONDS,
            retry=Retry(NoBackoff(), 0),
        )

    def update(self, keys: Sequence[str], step: Step, now: int) -> None:
        """Raises `RedisError` when Redis is away."""

        def exchange(pipe: Pipeline) -> None:
            after = step([tuple(json.loads(text or "[]")) for text in pipe.mget(keys)])
            pipe.multi()
            for key, value in zip(keys, after, strict=True):
                left = max(value, default=0) - now
                if left > 0:
                    pipe.set(key, json.dumps(value), px=left)
                else:
                    pipe.delete(key)

        # Redis refuses the writes, and all begins anew, when a key has changed since it was read.
        self._client.transaction(exchange, *keys)


class SharedStore:
    """Redis, and while that is away this process's memory: never no throttle, never an error."""

    def __init__(self, url: str) -> None:
        self._redis = RedisStore(url)
        self._memory = MemoryStore()
        self._lock = threading.Lock()
        self._away_since: int | None = None
        self._ask_again_at = 0

    def update(self, keys: Sequence[str], step: Step, now: int) -> None:
        if not now < self._ask_again_at <= now + AWAY:
            try:
                self._redis.update(keys, step, now)
            except RedisError as error:
                self._note_away(now, error)
            else:
                self._note_back(now)
                return
        self._memory.update(keys, step, now)

    def _note_away(self, now: int, error: RedisError) -> None:
        with self._lock:
            self._ask_again_at = now + AWAY
            if self._away_since is None:
                self._away_since = now
                logger.warning("throttle_store_away cause=%r", str(error))

    def _note_back(self, now: int) -> None:
        if self._away_since is not None:
            with self._lock:
                since, self._away_since = self._away_since, None
            if since is not None:
                logger.warning("throttle_store_back seconds=%s", (now - since) // SECOND)


@cache
def store() -> Store:
    """The process's one store."""
    return SharedStore(settings.REDIS_URL) if settings.REDIS_URL else MemoryStore()
