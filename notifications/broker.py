"""Redis as a messenger of hints, which may be lost: the database knows what is to be done."""

import logging
from typing import Any

from dramatiq import Actor, Message
from dramatiq.brokers.redis import RedisBroker
from redis import Redis, RedisError
from redis.backoff import NoBackoff
from redis.retry import Retry

logger = logging.getLogger(__name__)

CONNECT_SECONDS = 3
ANSWER_SECONDS = 10
"""A Redis that hangs counts as one that is away."""


class HintBroker(RedisBroker):
    """Dramatiq's Redis broker, whose senders go on when Redis is away.

    So neither periodiq nor a tick ends when Redis does; the next minute's tick sends new hints.
    """

    def __init__(self, *, url: str, **options: Any) -> None:
        client = Redis.from_url(
            url,
            socket_connect_timeout=CONNECT_SECONDS,
            socket_timeout=ANSWER_SECONDS,
            retry=Retry(NoBackoff(), 1),
        )
        super().__init__(client=client, **options)  # type: ignore[no-untyped-call]  # untyped

    def enqueue(self, message: Message[Any], *, delay: int | None = None) -> Message[Any]:
        try:
            return super().enqueue(message, delay=delay)
        except RedisError as error:
            logger.warning("hint_lost actor=%s cause=%r", message.actor_name, str(error))
            return message


def queued(actor: Actor[..., Any]) -> int:
    """How many of the actor's messages wait for a worker to take them; 0 when nobody can say."""
    broker = actor.broker
    if not isinstance(broker, HintBroker):
        waiting: int = broker.queues[actor.queue_name].qsize()
        return waiting
    try:
        return int(broker.client.llen(f"{broker.namespace}:{actor.queue_name}"))
    except RedisError:
        return 0
