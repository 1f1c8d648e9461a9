"""What the GraphQL over HTTP specification says that a server must and should do.

One check for each MUST and SHOULD of the reference audits, under their ids; `make audit` runs those
themselves.
"""

import contextlib
import http.client
import json
from collections import Counter
from dataclasses import dataclass, field
from typing import Any

import pytest
from django.test import Client
from pytest_django.live_server_helper import LiveServer

JSON = "application/json"
GRAPHQL_JSON = "application/graphql-response+json"
NOTHING = {"query": "{ __typename }"}
NAMED = {"query": "query Named { __typename }", "operationName": "Named"}
BY_VARIABLE = {
    "query": "query ($name: String!) { __type(name: $name) { name } }",
    "variables": {"name": "sometype"},
}
NOT_JSON = b'{ "not a JSON'
NOT_GRAPHQL = {"query": "{"}
NO_SUCH_FIELD = {"query": "{ thereIsNoFieldOfThisName }"}
NO_VARIABLE = {"query": "query ($id: ID!) { __typename }", "variables": {"id": None}}
OK = range(200, 201)
BAD = range(400, 401)


@dataclass(frozen=True, kw_only=True)
class Check:
    """A request, and what its answer has to be like."""

    says: str
    body: dict[str, Any] | bytes = field(default_factory=lambda: NOTHING)
    accept: str | None = None
    content_type: str | None = JSON
    status: range = OK
    media_type: str | None = None
    has_errors: bool | None = None
    has_data: bool | None = None

    @property
    def content(self) -> bytes:
        return self.body if isinstance(self.body, bytes) else json.dumps(self.body).encode()

    @property
    def headers(self) -> dict[str, str]:
        given = {"Accept": self.accept, "Content-Type": self.content_type}
        return {name: value for name, value in given.items() if value is not None}

    def hold_against(self, status: int, content_type: str, content: bytes) -> None:
        answer = json.loads(content.decode())
        assert status in self.status, self.says
        if self.media_type:
            assert content_type.partition(";")[0] == self.media_type, self.says
        if self.has_errors is not None:
            assert ("errors" in answer) == self.has_errors, self.says
        if self.has_data is not None:
            assert ("data" in answer) == self.has_data, self.says


MUST = {
    "4655": Check(says="Whoever accepts application/json gets it.", accept=JSON, media_type=JSON),
    "82A3": Check(says="The answer is in UTF-8."),
    "BF61": Check(
        says="A body that says it is in UTF-8 may hold any character.",
        body='{"query": "{ __type(name: \\"Привет🌱\\") { name } }"}'.encode(),
        content_type=f"{JSON}; charset=utf-8",
    ),
    "78D5": Check(
        says="A body that does not say its encoding is in UTF-8.",
        body='{"query": "{ __type(name: \\"Привет🌱\\") { name } }"}'.encode(),
    ),
    "2C94": Check(says="A POST is taken."),
    "03D4": Check(says="A POST of application/json is taken."),
    "13EE": Check(says="A document is a string.", accept=JSON, has_errors=False),
    "B8B3": Check(says="The operation may be named.", body=NAMED, accept=JSON, has_errors=False),
    "0220": Check(
        says="Null variables are none.",
        body={**NOTHING, "variables": None},
        accept=JSON,
        has_errors=False,
    ),
    "0221": Check(
        says="A null operation name is none.",
        body={**NOTHING, "operationName": None},
        accept=JSON,
        has_errors=False,
    ),
    "0222": Check(
        says="Null extensions are none.",
        body={**NOTHING, "extensions": None},
        accept=JSON,
        has_errors=False,
    ),
    "28B9": Check(says="Variables are an object.", body=BY_VARIABLE, accept=JSON, has_errors=False),
    "1B7A": Check(
        says="Extensions that nobody knows are an object, and harmless.",
        body={**NOTHING, "extensions": {"some": "value"}},
        accept=JSON,
        has_errors=False,
    ),
}

SHOULD = {
    "22EB": Check(
        says="Whoever accepts application/graphql-response+json gets it.",
        accept=GRAPHQL_JSON,
        media_type=GRAPHQL_JSON,
    ),
    "47DE": Check(
        says="Whoever accepts anything gets application/json.", accept="*/*", media_type=JSON
    ),
    "80D8": Check(says="Whoever does not say gets application/json.", media_type=JSON),
    "9ABE": Check(
        says="A POST that does not say what it brings is the client's mistake.",
        content_type=None,
        status=range(400, 500),
    ),
    "34A2": Check(says="A document is a string.", accept=GRAPHQL_JSON),
    "8161": Check(says="The operation may be named.", body=NAMED, accept=GRAPHQL_JSON),
    "94B0": Check(
        says="Null variables are none.",
        body={**NOTHING, "variables": None},
        accept=GRAPHQL_JSON,
        has_errors=False,
    ),
    "94B1": Check(
        says="A null operation name is none.",
        body={**NOTHING, "operationName": None},
        accept=GRAPHQL_JSON,
        has_errors=False,
    ),
    "94B2": Check(
        says="Null extensions are none.",
        body={**NOTHING, "extensions": None},
        accept=GRAPHQL_JSON,
        has_errors=False,
    ),
    "2EA1": Check(says="Variables are an object.", body=BY_VARIABLE, accept=GRAPHQL_JSON),
    "428F": Check(
        says="Extensions that nobody knows are an object, and harmless.",
        body={**NOTHING, "extensions": {"some": "value"}},
        accept=GRAPHQL_JSON,
    ),
    "BCF8": Check(
        says="A body that is no JSON is a 400 for the older type.",
        body=NOT_JSON,
        accept=JSON,
        status=BAD,
    ),
    "B7N8": Check(
        says="A body that is no JSON is a 400 for the newer type.",
        body=NOT_JSON,
        accept=GRAPHQL_JSON,
        status=BAD,
    ),
    "572B": Check(
        says="A document that cannot be read is a 200 for the older type.",
        body=NOT_GRAPHQL,
        accept=JSON,
    ),
    "FDE2": Check(
        says="A document that does not fit the schema is a 200 for the older type.",
        body=NO_SUCH_FIELD,
        accept=JSON,
    ),
    "7B9B": Check(
        says="Variables that do not fit are a 200 for the older type.",
        body=NO_VARIABLE,
        accept=JSON,
    ),
    "865D": Check(
        says="A document that cannot be read is a failure for the newer type.",
        body=NOT_GRAPHQL,
        accept=GRAPHQL_JSON,
        status=range(400, 500),
    ),
    "556A": Check(
        says="A document that cannot be read is a 400 for the newer type.",
        body=NOT_GRAPHQL,
        accept=GRAPHQL_JSON,
        status=BAD,
    ),
    "D586": Check(
        says="A document that cannot be read has no data for the newer type.",
        body=NOT_GRAPHQL,
        accept=GRAPHQL_JSON,
        status=BAD,
        has_data=False,
    ),
    "51FE": Check(
        says="A document that does not fit the schema is a failure for the newer type.",
        body=NO_SUCH_FIELD,
        accept=GRAPHQL_JSON,
        status=range(400, 500),
    ),
    "74FF": Check(
        says="A document that does not fit the schema is a 400 for the newer type.",
        body=NO_SUCH_FIELD,
        accept=GRAPHQL_JSON,
        status=BAD,
    ),
    "5E5B": Check(
        says="A document that does not fit the schema has no data for the newer type.",
        body=NO_SUCH_FIELD,
        accept=GRAPHQL_JSON,
        status=BAD,
        has_data=False,
    ),
    "86EE": Check(
        says="Variables that do not fit are a 400 for the newer type.",
        body=NO_VARIABLE,
        accept=GRAPHQL_JSON,
        status=BAD,
    ),
}
CHECKS = {**MUST, **SHOULD}


@pytest.mark.parametrize(
    "check",
    [
        pytest.param(check, id=f"{level}-{id_}")
        for level, checks in (("MUST", MUST), ("SHOULD", SHOULD))
        for id_, check in checks.items()
    ],
)
def test_the_endpoint_does_what_the_specification_says(check: Check, client: Client) -> None:
    headers = {"Accept": check.accept} if check.accept else None

    response = client.generic(
        "POST", "/graphql", check.content, check.content_type or "", headers=headers
    )

    check.hold_against(response.status_code, response["Content-Type"], response.content)


def test_the_same_holds_over_a_socket(live_server: LiveServer) -> None:
    for check in CHECKS.values():
        connection = http.client.HTTPConnection("127.0.0.1", live_server.thread.port, timeout=10)
        with contextlib.closing(connection):
            connection.request("POST", "/graphql", check.content, check.headers)
            answer = connection.getresponse()
            check.hold_against(answer.status, answer.headers["Content-Type"], answer.read())


def test_every_must_and_should_of_the_reference_audits_is_there() -> None:
    assert (len(MUST), len(SHOULD), len(CHECKS)) == (13, 23, 36)
    assert Counter(map(len, CHECKS)) == {4: 36}
