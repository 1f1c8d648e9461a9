"""How the Bot API of a run misbehaves: by the seed, the chat, and how often it was asked."""

import random
from collections import Counter
from enum import StrEnum

from tests import fake_bot_api
from tests.fake_bot_api import Answer, FakeBotApi, Request

LATENCY = (0.03, 0.12)
"""Seconds that an answer takes when nothing is wrong."""

TIMED_OUT = 10.5
"""Seconds: the sender waits for 10."""


class Fate(StrEnum):
    """What every request for a chat comes to."""

    FINE = "fine"
    BLOCKED = "blocked"
    GONE = "gone"
    REJECTED = "rejected"


REASONS = {
    Fate.BLOCKED: "chat_unreachable",
    Fate.GONE: "chat_unreachable",
    Fate.REJECTED: "rejected",
}
"""Why a reminder for such a chat ends as failed."""

FATE_WEIGHTS = {Fate.FINE: 96, Fate.BLOCKED: 2, Fate.GONE: 1, Fate.REJECTED: 1}

ANSWERS = {
    Fate.BLOCKED: fake_bot_api.forbidden(),
    Fate.GONE: fake_bot_api.bad_request("Bad Request: chat not found"),
    Fate.REJECTED: fake_bot_api.bad_request(),
}


def fate(seed: int, chat_id: int) -> Fate:
    """The same for the same chat, always."""
    draw = random.Random(f"{seed}:chat:{chat_id}")  # noqa: S311  # nobody's secret
    return draw.choices(list(FATE_WEIGHTS), list(FATE_WEIGHTS.values()))[0]


def mood(seed: int, chat_id: int, nth: int) -> Answer:
    """What the `nth` request for a chat that is fine gets."""
    draw = random.Random(f"{seed}:request:{chat_id}:{nth}")  # noqa: S311  # nobody's secret
    fine = fake_bot_api.slow(draw.uniform(*LATENCY))
    unusual = {
        0.002: fake_bot_api.too_many(1),
        0.007: fake_bot_api.server_error(),
        0.009: fake_bot_api.broken_json(),
        0.014: fake_bot_api.cut(),
        0.016: fake_bot_api.cut(delivers=False),
        0.026: fake_bot_api.slow(draw.uniform(1, 3)),
        0.0265: fake_bot_api.slow(TIMED_OUT),
    }
    lot = draw.random()
    return next((answer for below, answer in unusual.items() if lot < below), fine)


class MoodyBotApi(FakeBotApi):
    """A Bot API with the moods of a seed."""

    def __init__(self, seed: int) -> None:
        super().__init__()
        self._seed = seed
        self._asked: Counter[int] = Counter()

    def choose(self, request: Request) -> Answer:
        self._asked[request.chat_id] += 1
        chat = fate(self._seed, request.chat_id)
        if chat in ANSWERS:
            return ANSWERS[chat]
        return mood(self._seed, request.chat_id, self._asked[request.chat_id])
