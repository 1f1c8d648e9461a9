"""What a document may ask for: what is allowed to the brim, and the refusal one step further."""

from collections.abc import Callable, Iterator
from typing import Any

import pytest
from graphql import (
    GraphQLInputObjectType,
    GraphQLUnionType,
    get_named_type,
)
from pytest_django import Settings

from accounts.mutations import CREDENTIAL_FIELDS
from backend.documents import CACHE, read
from backend.schema import schema
from tests.backend.test_settings import start
from tests.conftest import Caller

LIMITS = {
    "LIMIT_TOKENS": 1000,
    "LIMIT_DEPTH": 8,
    "LIMIT_ALIASES": 15,
    "LIMIT_FIELDS": 200,
    "LIMIT_ROOT_FIELDS": 10,
    "LIMIT_FRAGMENTS": 20,
    "LIMIT_OPERATIONS": 1,
    "LIMIT_NODE_DIRECTIVES": 4,
    "LIMIT_DIRECTIVES": 50,
    "LIMIT_ERRORS": 5,
    "LIMIT_CREDENTIAL_FIELDS": 1,
    "LIMIT_COST": 5000,
    "PAGE_SIZE": 20,
    "PAGE_SIZE_CAP": 100,
    "LIMIT_JSON_DEPTH": 20,
    "LIMIT_JSON_VALUES": 1000,
    "DATA_UPLOAD_MAX_MEMORY_SIZE": 32 * 1024,
}


@pytest.fixture(autouse=True)
def unread() -> Iterator[None]:
    """No verdict of other limits is remembered."""
    CACHE.clear()
    yield
    CACHE.clear()


def errors_of(document: str) -> list[str]:
    return [error.message for error in read(schema._schema, document).errors]


def tokens(count: int) -> str:
    return "{ a(b: [" + "1 " * (count - 9) + "]) }"


def levels(count: int) -> str:
    return "{ me" * (count - 1) + "{ id" + " }" * count


def aliases(count: int) -> str:
    return "{ me { " + " ".join(f"a{n}: id" for n in range(count)) + " } }"


def fields(count: int) -> str:
    return "{ me {" + " id" * (count - 1) + " } }"


def fields_by_fragments(count: int) -> str:
    """Doubled by each fragment, so that a short text asks for a lot."""
    return (
        "{ me { id ...a } } fragment a on User { ...b ...b } fragment b on User { ...c ...c }"
        " fragment c on User {" + " id" * ((count - 2) // 4) + " }"
    )


def fields_apart(count: int) -> str:
    """No fragment has many, and the operation asks for one."""
    halves = count // 2, count - count // 2 - 1
    return "{ __typename }" + "".join(
        f" fragment f{number} on User {{{' id' * half} }}" for number, half in enumerate(halves)
    )


def fields_at_the_root(count: int) -> str:
    return "{" + " __typename" * count + " }"


def fields_at_the_root_by_fragments(count: int) -> str:
    return "{ __typename ...a } fragment a on Query {" + " __typename" * (count - 1) + " }"


def fragments(count: int) -> str:
    return "{ __typename }" + "".join(f" fragment f{n} on User {{ id }}" for n in range(count))


def operations(count: int) -> str:
    return "".join(f" query q{n} {{ __typename }}" for n in range(count))


def directives_on_one_node(count: int) -> str:
    return "{ __typename" + " @include(if: true)" * count + " }"


def directives(count: int) -> str:
    return "{ me {" + " id @include(if: true)" * count + " } }"


def credential_fields(count: int) -> str:
    return "mutation {" + ' refreshToken(refreshToken: "x") { __typename }' * count + " }"


def profile_fields(count: int) -> str:
    return "mutation {" + " updateProfile(input: {}) { __typename }" * count + " }"


def reset_requests(count: int) -> str:
    return "mutation {" + ' requestPasswordReset(email: "x") { __typename }' * count + " }"


def credential_fields_by_fragments(count: int) -> str:
    used = " ".join(["...a"] * count)
    return (
        f"mutation {{ {used} }} fragment a on Mutation {{"
        ' tokenAuth(email: "x", password: "x") { __typename } }'
    )


@pytest.mark.parametrize(
    ("document", "setting", "limit"),
    [
        (tokens, "LIMIT_TOKENS", "tokens"),
        (levels, "LIMIT_DEPTH", "levels"),
        (aliases, "LIMIT_ALIASES", "aliases"),
        (fields, "LIMIT_FIELDS", "fields"),
        (fields_by_fragments, "LIMIT_FIELDS", "fields"),
        (fields_apart, "LIMIT_FIELDS", "fields"),
        (fields_at_the_root, "LIMIT_ROOT_FIELDS", "fields at the root"),
        (fields_at_the_root_by_fragments, "LIMIT_ROOT_FIELDS", "fields at the root"),
        (fragments, "LIMIT_FRAGMENTS", "fragments"),
        (operations, "LIMIT_OPERATIONS", "operations"),
        (directives_on_one_node, "LIMIT_NODE_DIRECTIVES", "directives on one node"),
        (directives, "LIMIT_DIRECTIVES", "directives"),
        (
            credential_fields,
            "LIMIT_CREDENTIAL_FIELDS",
            "fields that issue tokens, check a password or change a profile",
        ),
        (
            profile_fields,
            "LIMIT_CREDENTIAL_FIELDS",
            "fields that issue tokens, check a password or change a profile",
        ),
        (
            reset_requests,
            "LIMIT_CREDENTIAL_FIELDS",
            "fields that issue tokens, check a password or change a profile",
        ),
        (
            credential_fields_by_fragments,
            "LIMIT_CREDENTIAL_FIELDS",
            "fields that issue tokens, check a password or change a profile",
        ),
    ],
)
@pytest.mark.parametrize("raised", [0, 4])
def test_a_document_may_go_to_the_limit_and_no_further(
    document: Callable[[int], str],
    setting: str,
    limit: str,
    raised: int,
    visitor: Caller,
    settings: Settings,
) -> None:
    maximum = LIMITS[setting] + raised
    setattr(settings, setting, maximum)
    step = 4 if document is fields_by_fragments else 1
    start = maximum - (maximum - 2) % 4 if document is fields_by_fragments else maximum

    allowed = errors_of(document(start))
    refused = visitor.call(document(start + step))

    assert not [message for message in allowed if "the limit is" in message]
    assert "data" not in refused
    (error,) = refused["errors"]
    value = start + step
    least = "at least " if limit == "tokens" else ""
    assert error["message"] == (f"The document has {least}{value} {limit}; the limit is {maximum}.")
    assert error["extensions"] == {
        "code": "QUERY_TOO_COMPLEX",
        "limit": limit,
        "value": value,
        "maximum": maximum,
    }


def test_the_limits_of_production_are_those_of_the_design(settings: Settings) -> None:
    assert {name: getattr(settings, name) for name in LIMITS} == LIMITS


def test_a_credential_field_is_what_issues_tokens_or_takes_a_password() -> None:
    mutation = schema._schema.mutation_type
    assert mutation is not None
    found = set()
    for name, field in mutation.fields.items():
        answered = get_named_type(field.type)
        assert isinstance(answered, GraphQLUnionType)
        taken = set(field.args)
        for argument in field.args.values():
            type_ = get_named_type(argument.type)
            taken |= set(type_.fields) if isinstance(type_, GraphQLInputObjectType) else set()
        if "TokenPair" in {each.name for each in answered.types} or any(
            "password" in each.lower() for each in taken
        ):
            found.add(name)

    assert found == CREDENTIAL_FIELDS


def test_a_fragment_inside_itself_is_named_by_validation() -> None:
    assert errors_of(
        "{ ...a } fragment a on Query { __typename ...b } fragment b on Query { ...a }"
    )[0].startswith("Cannot spread fragment 'a' within itself")


def test_a_fragment_that_is_missing_is_named_by_validation() -> None:
    assert errors_of("{ ...a }") == ["Unknown fragment 'a'."]


@pytest.mark.parametrize(
    "document",
    [
        "{ me" * 300 + "{ id }" + " }" * 300,
        "{ a(b: " + "[" * 300 + "]" * 300 + ") }",
        # Each fragment is shallow enough for the parser, but not the whole.
        "{ ...f0 }"
        + "".join(
            f"fragment f{n} on Query {{" + "...{" * 60 + f"...f{n + 1}" + "}" * 61
            for n in range(19)
        ),
    ],
    ids=["fields", "values", "fragments"],
)
def test_what_is_nested_too_deeply_to_be_read_is_refused(document: str, settings: Settings) -> None:
    settings.LIMIT_TOKENS = 10_000

    (message,) = errors_of(document)

    assert message == "The document has at least 9 levels; the limit is 8."


ONE = 'habit(id: "x")'
CALENDAR = "calendar { date state }"
PAGE = "edges { node { id action place time duration } }"  # 7 fields for each row


DAYS = 'from: "2026-06-01", to: "2026-06-10"'  # 10 of them
OPEN = "($from: Date!, $to: Date!)"


@pytest.mark.parametrize(
    ("document", "variables", "cost"),
    [
        ("{ habits { %s } }", {}, 1 + 20 * 7),
        ("{ habits(first: 100) { %s } }", {}, 1 + 100 * 7),
        ("{ habits(last: 7) { %s } }", {}, 1 + 7 * 7),
        ("{ habits(first: null) { %s } }", {}, 1 + 20 * 7),
        ("{ publicHabits(first: 3) { ...f } } fragment f on PublicHabitConnection { %s }", {}, 22),
        # What will be refused for its size counts as the largest page.
        ("{ habits(first: 0) { %s } }", {}, 1 + 100 * 7),
        ("{ habits(first: -1) { %s } }", {}, 1 + 100 * 7),
        ("{ habits(first: 99999999999999999999) { %s } }", {}, 1 + 100 * 7),
        ("query ($n: Int) { habits(first: $n) { %s } }", {}, 1 + 20 * 7),
        ("query ($n: Int) { habits(first: $n) { %s } }", {"n": None}, 1 + 20 * 7),
        ("query ($n: Int) { habits(first: $n) { %s } }", {"n": 50}, 1 + 50 * 7),
        ("query ($n: Int) { habits(first: $n) { %s } }", {"n": 5000}, 1 + 100 * 7),
        ("query ($n: Int = 9) { habits(last: $n) { %s } }", {}, 1 + 9 * 7),
        ("query ($n: Int = 9) { habits(last: $n) { %s } }", {"n": 2}, 1 + 2 * 7),
        ("query ($a: Int, $b: Int) { habits(first: $a, last: $b) { %s } }", {"b": 5}, 1 + 5 * 7),
        ("{ a: habits(first: 2) { %s } b: publicHabits(first: 3) { %s } }", {}, 2 + 5 * 7),
        # A period counts its days, and what is inside of a list of days counts for each of them.
        (f"{{ {ONE} {{ statistics({DAYS}) {{ done }} }} }}", {}, 1 + 1 + 10 + 1),
        (f"{{ {ONE} {{ statistics({DAYS}) {{ done {CALENDAR} }} }} }}", {}, 12 + 2 + 10 * 2),
        (
            f"{{ {ONE} {{ ...f }} }} fragment f on Habit {{ statistics({DAYS}) {{ ...s }} }}"
            f" fragment s on HabitStatistics {{ {CALENDAR} }}",
            {},
            12 + 1 + 10 * 2,
        ),
        (
            f"{{ habits(first: 5) {{ edges {{ node {{ statistics({DAYS})"
            f" {{ {CALENDAR} }} }} }} }} }}",
            {},
            1 + 5 * (2 + 1 + 10 + 1 + 10 * 2),
        ),
        (
            f"query {OPEN} {{ {ONE} {{ statistics(from: $from, to: $to) {{ {CALENDAR} }} }} }}",
            {"from": "2026-01-01", "to": "2026-12-31"},
            2 + 365 + 1 + 365 * 2,
        ),
        (
            f'query ($a: Date! = "2026-01-01") {{ {ONE}'
            ' { statistics(from: $a, to: "2026-01-02") { done } } }',
            {},
            2 + 2 + 1,
        ),
        *(
            # What will be refused counts as the longest period.
            (
                f"query {OPEN} {{ {ONE} {{ statistics(from: $from, to: $to) {{ done }} }} }}",
                {"from": first, "to": last},
                2 + 366 + 1,
            )
            for first, last in (
                ("2026-01-02", "2026-01-01"),
                ("0001-01-01", "9999-12-31"),
                ("2026-02-30", "2026-03-01"),
                ("20260101", "2026-01-02"),
            )
        ),
        (f"{{ {ONE} {{ checkIns {{ date note }} }} }}", {}, 2 + 30 * 2),
        (f'{{ {ONE} {{ checkIns(to: "2026-01-01") {{ date note }} }} }}', {}, 2 + 30 * 2),
        (f"{{ {ONE} {{ checkIns({DAYS}) {{ date }} }} }}", {}, 2 + 10),
        # To which date it goes is told by the clock.
        (f'{{ {ONE} {{ checkIns(from: "2026-01-01") {{ date }} }} }}', {}, 2 + 366),
        (f"{{ {ONE} {{ explainStrength {{ strength }} }} }}", {}, 2 + 1000 + 30 + 1),
        (
            f"{{ {ONE} {{ explainStrength(days: 7)"
            " { strength contributions { date after } } } }",
            {},
            2 + 1000 + 7 + 2 + 7 * 2,
        ),
        (f"{{ {ONE} {{ explainStrength(days: 900) {{ strength }} }} }}", {}, 2 + 1000 + 90 + 1),
        (
            f"query ($n: Int) {{ {ONE} {{ explainStrength(days: $n) {{ strength }} }} }}",
            {"n": "9"},
            2 + 1000 + 90 + 1,
        ),
        ("{ today { date } }", {}, 1 + 1000 + 1),
        ("{ today { occurrences { time state } } }", {}, 1 + 1000 + 1 + 100 * 2),
        ("{ today { occurrences(first: 3) { time state } } }", {}, 1 + 1000 + 1 + 3 * 2),
    ],
)
def test_each_field_of_a_page_costs_as_often_as_it_may_have_rows(
    document: str, variables: dict[str, Any], cost: int, as_alice: Caller, settings: Settings
) -> None:
    document = document.replace("%s", PAGE)
    settings.LIMIT_COST = cost
    allowed = as_alice.call(document, **variables)
    assert "QUERY_TOO_COMPLEX" not in str(allowed)
    CACHE.clear()
    settings.LIMIT_COST = cost - 1

    refused = as_alice.call(document, **variables)

    codes = {error["extensions"]["code"] for error in allowed.get("errors", ())}
    assert codes <= {"BAD_USER_INPUT"}
    assert "data" not in refused
    (error,) = refused["errors"]
    assert error["extensions"] == {
        "code": "QUERY_TOO_COMPLEX",
        "limit": "fields in all rows of its pages",
        "value": cost,
        "maximum": cost - 1,
    }


def test_the_largest_page_with_all_its_fields_is_affordable(as_alice: Caller) -> None:
    habit = (
        "id action place time duration periodicity startsOn reward isEnjoyed isPublic nextDueAt"
        " createdAt updatedAt"
    )
    numbers = "todayState currentStreak longestStreak strength isPaused pausedFrom pausedUntil"
    document = f"""query Page($first: Int, $after: String) {{
        me {{ id email firstName chatId chatStatus timeZone language dateJoined }}
        habits(first: $first, after: $after) {{
            totalCount pageInfo {{ hasNextPage hasPreviousPage startCursor endCursor }}
            edges {{ cursor node {{
                __typename {habit} {numbers} relatedHabit {{ __typename {habit} }}
            }} }}
        }}
    }}"""

    assert "errors" not in as_alice.call(document, first=100)


@pytest.mark.parametrize(
    "selection",
    [
        # A year's heat map of one habit with everything around it.
        """habit(id: "x") { statistics(from: "2026-01-01", to: "2026-12-31") {
            from to currentStreak longestStreak strength completionRate
            due done skipped missed paused notDue calendar { date state }
        } checkIns(from: "2026-01-01", to: "2026-12-31") { date status note } }""",
        # The week of all that is shown, and the month of each habit.
        """habits(first: 100) { edges { node { action currentStreak strength todayState
            statistics(from: "2026-06-01", to: "2026-06-07") { calendar { date state } }
        } } }""",
        """habits(first: 100) { edges { node { action currentStreak strength todayState
            statistics(from: "2026-06-01", to: "2026-06-30") { completionRate }
        } } }""",
        """habit(id: "x") { explainStrength(days: 90) {
            times days multiplier target window strength
            contributions { date state doneInWindow completion before after }
        } }""",
        """today { date totalCount occurrences { date state time currentStreak habit {
            id action place time duration reward strength todayState relatedHabit { id action }
        } } }""",
    ],
)
def test_what_a_screen_shows_is_affordable(as_alice: Caller, selection: str) -> None:
    assert "errors" not in as_alice.call(f"{{ {selection} }}")


def test_no_more_errors_are_answered_than_the_limit(visitor: Caller, settings: Settings) -> None:
    unknown = "{ " + " ".join(f"nope{n}" for n in range(9)) + " }"
    refused = "{ " + " ".join(f"a{n}: me {{ id }}" for n in range(9)) + " }"
    for maximum in (5, 3):
        settings.LIMIT_ERRORS = maximum
        CACHE.clear()

        assert len(visitor.call(unknown)["errors"]) == maximum
        assert len(visitor.call("query ($a: [Int!]) { x }", a=["x"] * 40)["errors"]) <= maximum
    assert {error["extensions"]["code"] for error in visitor.call(refused)["errors"]} == {
        "UNAUTHENTICATED"
    }


def test_the_limits_of_development_let_tools_read_the_schema() -> None:
    """They and its rules stand when a process starts."""
    ask = (
        "import django; django.setup();"
        "from backend.schema import schema; from graphql import get_introspection_query as query;"
        "answer = schema.execute_sync(query()); print(answer.errors, len(answer.data['__schema']))"
    )

    started = start(ask, DEBUG="true", DJANGO_SETTINGS_MODULE="backend.settings")

    assert started.stdout.split() == ["None", "5"], started.stderr
