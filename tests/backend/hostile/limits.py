"""Documents beyond a limit, by one or by far, and documents that only just keep to them all."""

from collections.abc import Iterator

from tests.backend.hostile.request import Hostile, Outcome

HABIT = "id action place time duration periodicity startsOn reward isEnjoyed isPublic"
USER = "id email firstName chatId chatStatus timeZone language dateJoined __typename"
LOG_IN = 'tokenAuth(email: "a", password: "b") { __typename }'
VERIFY = 'verifyToken(token: "a") { __typename }'


def _many(count: int, template: str) -> str:
    """`template` so many times, with `#` for the number and `+` for the next one."""
    return "".join(
        template.replace("#", str(number)).replace("+", str(number + 1)) for number in range(count)
    )


# Each spreads the next one twice: 2 to the power of their number fields.
BOMB = "{ ...f0 } " + _many(18, "fragment f# on Query { ...f+ ...f+ } ")

BEYOND = {
    "1001 tokens": "{ " + "__typename " * 999 + "}",
    "tokens to the brim": "{ " + "a " * 15_000 + "}",
    "brackets to the brim": "{ a(b: " + "[" * 30_000,
    "10,000 tokens in an argument": "{ habits(first: [" + "1 " * 10_000 + "]) { totalCount } }",
    "9 levels": '{ habit(id: "a") { ' + "relatedHabit { " * 8 + "id" + " }" * 8 + " } }",
    "300 levels": "{ a " * 300 + "}" * 300,
    "300 levels of inline fragments": "{ ... " * 300 + "{ __typename }" + "}" * 300,
    "480 levels of a list": "{ habits(first: " + "[" * 480 + "]" * 480 + ") { totalCount } }",
    "300 levels of an object": "{ habits(filters: " + "{a: " * 300 + "1" + "}" * 300 + ") { a } }",
    "480 levels of a type": "query ($a: " + "[" * 480 + "Int" + "]" * 480 + ") { __typename }",
    "16 aliases": "{ me { " + _many(16, "a#: id ") + "} }",
    "1500 aliases": "{ " + _many(1_500, "a#: __typename ") + "}",
    "11 fields at the root": "{ " + "__typename " * 11 + "}",
    "2700 fields at the root": "{ " + "__typename " * 2_700 + "}",
    "201 fields": "{ me { " + "id " * 200 + "} }",
    "3000 unknown fields": "{ " + _many(3_000, "x# ") + "}",
    "600 fields by spreading": (
        "{ me { " + "...f " * 10 + "} } fragment f on User { " + "id " * 60 + "} "
    ),
    "a bomb of fragments": BOMB + "fragment f18 on Query { __typename }",
    "21 fragments": (
        "{ " + _many(21, "...f# ") + "} " + _many(21, "fragment f# on Query { __typename } ")
    ),
    "600 fragments": "{ __typename } " + _many(600, "fragment f# on Query { __typename } "),
    "a ring of 300 fragments": (
        "{ ...f0 } "
        + _many(299, "fragment f# on Query { ...f+ } ")
        + "fragment f299 on Query { ...f0 }"
    ),
    "2 operations": "query A { __typename } query B { __typename }",
    "700 operations": _many(700, "query A# { __typename } "),
    "5 directives on a field": "{ __typename " + "@include(if: true) " * 5 + "}",
    "1500 directives on a field": "{ __typename " + "@include(if: true) " * 1_500 + "}",
    "4000 unknown directives": "{ __typename " + "@a " * 4_000 + "}",
    "51 directives": "{ me { " + "id @include(if: true) " * 51 + "} }",
    "2 log-ins": f"mutation {{ a: {LOG_IN} b: {LOG_IN} }}",
    "2 log-ins by a fragment": (
        f"mutation {{ ...f b: {LOG_IN} }} fragment f on Mutation {{ a: {LOG_IN} }}"
    ),
    "100 log-ins": "mutation { " + _many(100, f"a#: {LOG_IN} ") + "}",
    "100 tokens verified": "mutation { " + _many(100, f"a#: {VERIFY} ") + "}",
    "1000 variables": "query (" + _many(1_000, "$a#: Int ") + ") { me { id } }",
    "60 pages of 100": "{ "
    + _many(60, "a#: habits(first: 100) { edges { node { id relatedHabit { id } } } } ")
    + "}",
}

WITHIN = {
    "200 fields": "{ me { " + "id " * 199 + "} }",
    "180 fields by spreading": (
        "{ me { " + "...a " * 20 + f"}} }} fragment a on User {{ {USER} }}"
    ),
    "20 fragments beside each other": (
        "{ me { " + _many(20, "...f# ") + "} } " + _many(20, f"fragment f# on User {{ {USER} }} ")
    ),
    "20 fragments in each other": (
        "{ me { ...f0 } } "
        + _many(19, "fragment f# on User { id ...f+ } ")
        + "fragment f19 on User { id }"
    ),
    "7 pages of 10": "{ "
    + _many(7, f"a#: habits(first: 10) {{ edges {{ node {{ {HABIT} }} }} }} ")
    + "}",
    "a page of 100": f"{{ habits(first: 100) {{ edges {{ cursor node {{ {HABIT} }} }} }} }}",
    "48 directives": "{ me { " + "id @include(if: true) @skip(if: false) " * 24 + "} }",
    "150 orders": (
        "{ habits(ordering: ["
        + "{time: ASC} {action: DESC} {createdAt: ASC} " * 50
        + "]) { totalCount edges { cursor } } }"
    ),
}
"""As much as the limits let through; what comes back is the caller's own."""

WRONG_WITHIN = {
    "braces to the brim": "{" * 30_000,
    "a bomb without an end": BOMB,
    "199 unknown fields": "{ me { " + _many(199, "emai# ") + "} }",
    "200 unknown arguments": "{ habits(" + _many(200, "firs#: 1 ") + ") { totalCount } }",
    "190 unknown values": "{ habits(ordering: [" + "{time: UP} " * 190 + "]) { totalCount } }",
    "240 variables": "query (" + _many(240, "$a#: Int ") + ") { __typename }",
    "90 levels of a value": "{ habits(first: " + "[" * 90 + "]" * 90 + ") { totalCount } }",
}
"""As many mistakes as the limits let through."""


def beyond_limits() -> Iterator[Hostile]:
    for name, query in BEYOND.items():
        yield Hostile.document(f"limit: {name}", Outcome.LIMIT, query)


def within_limits() -> Iterator[Hostile]:
    for name, query in WITHIN.items():
        yield Hostile.document(f"within limits: {name}", Outcome.HARMLESS, query)
    for name, query in WRONG_WITHIN.items():
        yield Hostile.document(f"within limits: {name}", Outcome.DOCUMENT, query)
