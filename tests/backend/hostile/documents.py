"""Documents that break the grammar or do not fit the schema, and some that only look bad."""

from collections.abc import Iterator

from tests.backend.hostile.request import UNREADABLE_DIGITS, Hostile, Outcome

NOTHING = "{ __typename }"


def documents() -> Iterator[Hostile]:
    refused = {
        "not closed": "{ me",
        "not opened": "me }",
        "an empty selection": "{ }",
        "an empty selection inside": "{ me { } }",
        "only a comment": "# { __typename }",
        "only commas": ",,,",
        "only a byte order mark": "\ufeff",
        "a NUL": "{ __typename }\0",
        "an unknown character": "{ __typename } ¿",
        "a string without an end": '{ habit(id: "',
        "a block string without an end": '{ habit(id: """',
        "a line feed in a string": '{ habit(id: "a\nb") { id } }',
        "an unknown escape": r'{ habit(id: "\x00") { id } }',
        "a short escape": r'{ habit(id: "\u00") { id } }',
        "an escaped surrogate": r'{ habit(id: "\ud800") { id } }',
        "an escaped surrogate in braces": r'{ habit(id: "\u{dfff}") { id } }',
        "an escape beyond Unicode": r'{ habit(id: "\u{110000}") { id } }',
        "a long escape": r'{ habit(id: "\u{' + "0" * 30_000 + r'}") { id } }',
        "a number that goes on as a name": "{ habits(first: 1x) { totalCount } }",
        "a number with two points": "{ habits(first: 1.1.1) { totalCount } }",
        "a leading zero": "{ habits(first: 01) { totalCount } }",
        "an unknown field": "{ nope }",
        "an unknown field inside": "{ me { nope } }",
        "a misspelt field": "{ habitss { totalCount } }",
        "fields of prototypes": "{ __proto__ constructor }",
        "a field of a scalar": "{ me { email { length } } }",
        "no field of an object": "{ me }",
        "an unknown argument": "{ me(id: 1) { id } }",
        "an argument twice": "{ habits(first: 1, first: 2) { totalCount } }",
        "no argument where one is needed": "{ habit { id } }",
        "an unknown type": "query ($a: Nope) { __typename }",
        "a variable of an output type": "query ($a: Habit) { __typename }",
        "a variable that is not declared": "{ habit(id: $a) { id } }",
        "a variable that is not used": "query ($a: Int) { __typename }",
        "a variable twice": "query ($a: Int, $a: Int) { habits(first: $a) { totalCount } }",
        "a variable of another type": "query ($a: String) { habits(first: $a) { totalCount } }",
        "a default of another type": 'query ($a: Int = "1") { habits(first: $a) { totalCount } }',
        "a default that is a variable": (
            "query ($a: Int = $b, $b: Int) { habits(first: $a, last: $b) { totalCount } }"
        ),
        "an unknown fragment": "{ ...a }",
        "a fragment in itself": "{ ...a } fragment a on Query { ...a }",
        "two fragments in each other": (
            "{ ...a } fragment a on Query { ...b } fragment b on Query { ...a }"
        ),
        "a fragment that is not used": "{ __typename } fragment a on Query { __typename }",
        "a fragment twice": "{ ...a } " + "fragment a on Query { __typename } " * 2,
        "a fragment of an unknown type": "{ ... on Nope { id } }",
        "a fragment of a scalar": "{ ... on String { id } }",
        "a fragment of an input type": "{ ... on HabitInput { id } }",
        "a fragment of a type that cannot be": "{ ... on Habit { id } }",
        "only a fragment": "fragment a on Query { __typename }",
        "a subscription": "subscription { __typename }",
        "a subscription of a field": "subscription { habits { totalCount } }",
        "two fields under one name": '{ a: habit(id: "1") { id } a: habit(id: "2") { id } }',
        "an unknown directive": "{ __typename @nope }",
        "a directive of another place": "query @skip(if: true) { __typename }",
        "a directive of the schema": "{ __typename @deprecated }",
        "@defer": "{ ... @defer { __typename } }",
        "@oneOf": "{ me @oneOf { id } }",
        "@skip without a condition": "{ __typename @skip }",
        "@skip twice": "{ __typename @skip(if: true) @skip(if: true) }",
        "@skip of an unknown argument": "{ __typename @skip(if: true, unless: true) }",
        "@skip if null": "{ __typename @skip(if: null) }",
        "@skip if a text": '{ __typename @skip(if: "true") }',
        "@skip if a number": "{ __typename @skip(if: 1) }",
        "@include if a list": "{ __typename @include(if: [true]) }",
        "@include if an object": "{ __typename @include(if: {a: true}) }",
        "@include if an unknown name": "{ __typename @include(if: yes) }",
        "a definition of a type": "type A { a: Int }",
        "a definition of the schema": "schema { query: Query }",
        "a definition beside an operation": "{ __typename } type A { a: Int }",
        "an extension of a type": "extend type Query { a: Int }",
        "a definition of a directive": "directive @a on FIELD { __typename }",
        "__schema": "{ __schema { types { name } } }",
        "__schema in a fragment": (
            "{ ...a } fragment a on Query { b: __schema { queryType { name } } }"
        ),
        "fields of a __type": '{ __type(name: "User") { fields { name } } }',
        "fields of a __type in a fragment": (
            '{ __type(name: "User") { ...a } } fragment a on __Type { inputFields { name } }'
        ),
        "a literal of many digits": f"{{ habits(first: {UNREADABLE_DIGITS}) {{ totalCount }} }}",
        "a default of many digits": (
            f"query ($a: Int = {UNREADABLE_DIGITS}) {{ habits(first: $a) {{ totalCount }} }}"
        ),
        "a literal of many digits in a list": (
            f"{{ habits(first: [{UNREADABLE_DIGITS}]) {{ totalCount }} }}"
        ),
        "a real number of many digits": (
            f"{{ habits(first: 1.{UNREADABLE_DIGITS}) {{ totalCount }} }}"
        ),
        "an exponent too large": "{ habits(first: 1e999) { totalCount } }",
    }
    for name, query in refused.items():
        yield Hostile.document(f"document: {name}", Outcome.DOCUMENT, query)
    harmless = {
        "everything skipped": "{ me @skip(if: true) { id } }",
        "a comment to the brim": NOTHING + "#" + "x" * 30_000,
        "commas to the brim": NOTHING + "," * 30_000,
        "line feeds to the brim": NOTHING + "\n" * 15_000,
        "a string to the brim": '{ habit(id: "' + "x" * 30_000 + '") { id } }',
        "escapes to the brim": '{ habit(id: "' + r"\u{1F600}" * 2_500 + '") { id } }',
        "a block string of many lines": '{ habit(id: """' + "\n  x" * 6_000 + '""") { id } }',
        "a name to the brim": "{ " + "a" * 30_000 + ": __typename }",
        "an id of many digits": f"{{ habit(id: {UNREADABLE_DIGITS}) {{ id }} }}",
    }
    for name, query in harmless.items():
        yield Hostile.document(f"document: {name}", Outcome.HARMLESS, query)
