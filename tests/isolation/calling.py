"""Sending calls over HTTP, as strangers do, and what comes back."""

import itertools
import json
from dataclasses import dataclass
from functools import cached_property
from typing import Any

from django.test import Client

from tests.isolation.contract import Call, document

_addresses = itertools.count(1)
_client = Client()


class ServerBroke(Exception):
    """An unexpected error came out: nothing is told by that about who may do what."""


@dataclass(frozen=True)
class Answer:
    """One answer: its bytes, with the head that could differ, and what is in it."""

    status: int
    head: tuple[tuple[str, str], ...]
    content: bytes

    @cached_property
    def body(self) -> dict[str, Any]:
        body: dict[str, Any] = json.loads(self.content)
        return body

    @property
    def codes(self) -> set[str]:
        """Those of the top-level errors."""
        return {error["extensions"]["code"] for error in self.body.get("errors", ())}

    def value(self, number: int = 0) -> Any:
        """What the root field of that number answered, where no error is expected."""
        assert not self.codes, self.body
        return self.body["data"][f"f{number}"]

    def problems(self, number: int = 0) -> set[tuple[str | None, str]]:
        """What a payload finds wrong: pairs of field and code."""
        return {(each["field"], each["code"]) for each in self.value(number).get("messages", ())}


def send(*calls: Call, token: str | None = None, scheme: str = "Bearer") -> Answer:
    """One operation of these calls, with or without an access token.

    Each comes from an address of its own, so that no throttle stands between a stranger and a door.
    """
    query, variables = document(list(calls))
    number = next(_addresses)
    environ = {"REMOTE_ADDR": f"10.{number >> 16 & 255}.{number >> 8 & 255}.{number & 255}"}
    if token is not None:
        environ["HTTP_AUTHORIZATION"] = f"{scheme} {token}"
    response = _client.post(
        "/graphql",
        json.dumps({"query": query, "variables": variables}).encode(),
        content_type="application/json",
        **environ,  # type: ignore[arg-type]
    )
    answer = Answer(response.status_code, tuple(response.headers.items()), response.content)
    if "INTERNAL_SERVER_ERROR" in answer.codes:
        raise ServerBroke(answer.content.decode())
    return answer
