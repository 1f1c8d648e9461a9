"""Documents are read once, keep nothing of a request, and cost little however hostile they are."""

import gc
import time
import weakref
from collections.abc import Iterator

import pytest
from django.test import RequestFactory
from graphql import GraphQLError
from hypothesis import given, settings
from hypothesis import strategies as st

from backend import documents
from backend.documents import CACHE, CACHE_BYTES, COSTS_OF_A_DOCUMENT, read
from backend.schema import Context, schema
from tests.conftest import Caller

BODY = 32 * 1024
CPU_SECONDS = 0.05


@pytest.fixture(autouse=True)
def unread() -> Iterator[None]:
    CACHE.clear()
    yield
    CACHE.clear()


@pytest.mark.parametrize(
    "query",
    ["query OnlyOfThisTest { __typename }", "{ nope }", "{", "{" + " __typename" * 20 + "}"],
)
def test_a_document_is_read_once_also_if_it_is_refused(
    query: str, visitor: Caller, monkeypatch: pytest.MonkeyPatch
) -> None:
    first = visitor.post({"query": query}).content

    def parse_again(*_args: object) -> None:
        raise AssertionError

    monkeypatch.setattr(documents, "_parse", parse_again)

    assert visitor.post({"query": query}).content == first


@pytest.mark.parametrize(
    "query", ["{ __typename }", "{ nope }", "{", "{" + " __typename" * 20 + "}"]
)
def test_what_is_remembered_holds_nothing_of_the_request(query: str) -> None:
    request = RequestFactory().post("/graphql")
    forgotten = weakref.ref(request)

    schema.execute_sync(query, context_value=Context(request))
    del request
    gc.collect()

    assert forgotten() is None
    assert CACHE.currsize > 0


REGISTERING = """mutation {
    register(input: {email: "alice@example.org", password: "nobody's else"}) { __typename }
}"""


@pytest.mark.parametrize(
    "query",
    [
        REGISTERING,
        REGISTERING.replace("__typename }", "__typename"),
        REGISTERING.replace("__typename", "nope"),
        REGISTERING.replace('"', '"""'),
        f"query {{ me {{ id }} }} {REGISTERING}",
    ],
)
def test_a_secret_in_a_mutations_text_is_not_remembered(query: str) -> None:
    for _ in range(2):
        document = read(schema._schema, query)
        assert document.node or document.errors

    assert not CACHE


@pytest.mark.parametrize(
    "query",
    [
        "mutation ($input: RegisterInput!) { register(input: $input) { __typename } }",
        '{ habits(filters: {search: "tea"}) { totalCount } }',
    ],
)
def test_what_apps_send_is_remembered(query: str) -> None:
    assert read(schema._schema, query) is read(schema._schema, query)


def test_the_cache_has_a_bounded_size() -> None:
    for number in range(50):
        read(schema._schema, "{ __typename } #" + f"{number}".ljust(BODY - 20))

    assert CACHE.currsize <= CACHE_BYTES
    assert len(CACHE) < 50


def test_what_nobody_expected_is_not_remembered(
    visitor: Caller, monkeypatch: pytest.MonkeyPatch
) -> None:
    def break_down(*_args: object) -> None:
        raise RuntimeError

    with monkeypatch.context() as broken:
        broken.setattr(documents, "check_limits", break_down)
        assert visitor.error_code("{ __typename }") == "INTERNAL_SERVER_ERROR"

    assert visitor.call("{ __typename }") == {"data": {"__typename": "Query"}}


LENGTHS = """
    query ($n: Int, $m: Int = 3) {
        habits(first: $n) { edges { node {
            ...fields relatedHabit { ...fields relatedHabit { ...fields } }
        } } }
        publicHabits(first: $m) { edges { node { isMine relatedHabit { isMine } } } }
    }
    fragment fields on Habit {
        id action place time duration periodicity weekdays startsOn reward isEnjoyed isPublic
        nextDueAt createdAt updatedAt
    }
"""


def refusals(**variables: object) -> list[str]:
    found = read(schema._schema, LENGTHS).refusals(schema._schema, variables)
    return [f"{error.message} {error.extensions}" for error in found]


def test_what_lengths_cost_is_remembered_and_is_what_it_was(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    given: list[dict[str, object]] = [{"m": 7}, {}]
    given += [{"n": n, "m": m} for n in (None, 0, 1, 50, 99, 100) for m in (None, 1, 100)]
    given += [{"n": n} for n in (-1, 2, 100, 2**31 - 1)]
    measured = [refusals(**each) for each in given]
    assert any(measured)
    assert not all(measured)
    monkeypatch.setattr(documents, "check_cost", None)

    assert [refusals(**each) for each in given] == measured
    assert [refusals(**each) for each in reversed(given)] == measured[::-1]


def test_costs_are_bounded_and_those_beyond_are_measured_anew() -> None:
    numbers = range(COSTS_OF_A_DOCUMENT * 3)

    first = [refusals(n=number) for number in numbers]

    document = read(schema._schema, LENGTHS)
    assert len(document.costs) == COSTS_OF_A_DOCUMENT
    assert [refusals(n=number) for number in numbers] == first
    assert len(document.costs) == COSTS_OF_A_DOCUMENT


@pytest.mark.parametrize(
    "value",
    [
        *("x" * 11, "9" * 10_000, 2**31, -(2**400), 1.0, True, [1], {"n": [1] * 100}, b"x"),
        *("my secret", "2026-01-0x", "\u0662026-01-01", "2026-01-01\n"),
    ],
)
def test_costs_hold_no_value_that_is_no_length(value: object) -> None:
    """Nor one that only equals a length: 1.0 and true are no 1."""
    refusals(n=1)

    refusals(n=value)
    refusals(m=value)

    document = read(schema._schema, LENGTHS)
    assert [sorted(map(repr, values)) for values in document.costs] == [["1", "3"]]


def test_a_refusal_that_is_remembered_holds_nothing_of_its_document(visitor: Caller) -> None:
    refusals(n=100, m=100)

    (error,) = read(schema._schema, LENGTHS).costs.values()
    assert error is not None
    assert error.nodes is None
    assert error.__traceback__ is None
    for _ in range(2):
        answer = visitor.post({"query": LENGTHS, "variables": {"n": 100, "m": 100}})
        assert answer.json()["errors"][0]["extensions"]["code"] == "QUERY_TOO_COMPLEX"
    assert error.__traceback__ is None


NAMES = st.sampled_from(["me", "habits", "edges", "node", "id", "__typename", "nope", "a" * 200])
SPREADS = st.sampled_from(["...a", "...b", "...c", "... on Habit", "...", "... on Nope"])
VALUES = st.recursive(
    st.sampled_from(
        [
            "1",
            "-1.5e9",
            '"x"',
            '"""\n  x\n y"""',
            "true",
            "null",
            "ASC",
            "$v",
            '"\\u0041\\n"',
            "9" * 400,
        ]
    ),
    lambda inner: st.one_of(
        st.lists(inner, max_size=6).map(lambda values: f"[{' '.join(values)}]"),
        st.lists(inner, max_size=6).map(
            lambda values: "{" + " ".join(f"time: {value}" for value in values) + "}"
        ),
    ),
    max_leaves=12,
)
ARGUMENTS = st.lists(
    st.builds(
        lambda name, value: f"{name}: {value}",
        st.sampled_from(["first", "last", "filters", "ordering", "id", "nope"]),
        VALUES,
    ),
    min_size=1,
    max_size=4,
).map(lambda arguments: f"({' '.join(arguments)})")
DIRECTIVES = st.sampled_from(["@include(if: true)", "@skip(if: $v)", "@a", "@a @a @a", "@oneOf"])
IGNORED = st.sampled_from([",", " ", "\n", "\ufeff", "#\n", "# comment \ud7ff\n", ",,,,\r\n"])
SIGNS = st.sampled_from([*"{}[]()!$:=@|&", "..."])
PIECES = st.one_of(NAMES, SPREADS, ARGUMENTS, DIRECTIVES, IGNORED, SIGNS, VALUES)


def repeated(parts: list[str], times: int, between: str = " ") -> str:
    """As often as it fits, up to `times`."""
    once = between.join(parts)
    return between.join([once] * min(times, BODY // (len(once) + 1) or 1))


def selections(inner: st.SearchStrategy[str]) -> st.SearchStrategy[str]:
    node = st.builds(
        lambda alias, name, arguments, directives, below: (
            f"{alias}{name}{arguments}{directives}{below}"
        ),
        st.sampled_from(["", "", "x: ", "y: "]),
        st.one_of(NAMES, SPREADS),
        st.one_of(st.just(""), ARGUMENTS),
        st.one_of(st.just(""), DIRECTIVES.map(" {}".format)),
        st.one_of(st.just(""), inner.map("{{{}}}".format)),
    )
    return st.builds(
        repeated,
        st.lists(node, min_size=1, max_size=5),
        st.sampled_from([1, 1, 2, 10, 40, 200]),
    )


SELECTIONS = st.recursive(selections(NAMES), selections, max_leaves=4)
DEFINITIONS = st.one_of(
    st.builds(
        "{} ({}) {{ {} }}".format,
        st.sampled_from(["query q", "mutation", "subscription s", "query"]),
        st.sampled_from(["$v: Int", "$v: [HabitOrder!]! = [{time: ASC}]", "$v: Nope " * 40]),
        SELECTIONS,
    ),
    SELECTIONS.map("{{ {} }}".format),
    st.builds(
        "fragment {} on {} {{ {} }}".format,
        st.sampled_from("abc"),
        st.sampled_from(["Query", "Habit", "HabitConnection", "Nope", "CreateHabitPayload"]),
        SELECTIONS,
    ),
    st.just("type Query { a: Int }"),
)
GRAMMATICAL = st.builds(
    repeated,
    st.lists(DEFINITIONS, min_size=1, max_size=6),
    st.sampled_from([1, 1, 1, 5, 100]),
)
RUBBISH = st.builds(
    lambda head, pieces, times: head + repeated(pieces, times, between=""),
    st.sampled_from(["", "{", "{habits(first:", "query ("]),
    st.lists(PIECES, min_size=1, max_size=6),
    st.sampled_from([1, 10, 300, 5000, 33_000]),
)


@settings(max_examples=200, deadline=None)
@given(text=st.one_of(GRAMMATICAL, RUBBISH))
def test_no_document_that_fits_a_body_takes_long_to_read(text: str) -> None:
    text = text.encode(errors="ignore")[:BODY].decode(errors="ignore")

    assert _cpu_seconds(text) < CPU_SECONDS


def _cpu_seconds(text: str) -> float:
    """The least of three, as the machine has other things to do; mostly the first one will do.

    Without the collector of garbage, which goes through what all the tests before have left.
    """
    taken = CPU_SECONDS
    gc.disable()
    try:
        for _ in range(3):
            CACHE.clear()
            start = time.thread_time()
            document = read(schema._schema, text)
            taken = min(taken, time.thread_time() - start)
            assert all(type(error) is GraphQLError for error in document.errors)
            if taken < CPU_SECONDS:
                break
    finally:
        gc.enable()
    return taken
