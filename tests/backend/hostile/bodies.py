"""Bodies that are no request, types that are not taken, and access tokens that are none."""

import base64
import json
from collections.abc import Iterator

from tests.backend.hostile.request import Hostile, Outcome, encoded

NOTHING = "{ __typename }"


def bodies() -> Iterator[Hostile]:
    def with_query(rest: bytes) -> bytes:
        return b'{"query": "{ __typename }", ' + rest + b"}"

    refused = {
        "empty": b"",
        "blank": b" \n",
        "cut off": b'{"query": "{ __typename }"',
        "with something behind": b'{"query": "{ __typename }"} x',
        "twice": b'{"query": "{ __typename }"}' * 2,
        "a number": b"5",
        "digits to the brim": b"9" * 32_768,
        "null": b"null",
        "true": b"true",
        "a text": b'"{ __typename }"',
        "an empty list": b"[]",
        "a batch": b'[{"query": "{ __typename }"}, {"query": "{ __typename }"}]',
        "a large batch": b"[" + b'{"query":"{__typename}"},' * 1000 + b"0]",
        "an empty object": b"{}",
        "single quotes": b"{'query': '{ __typename }'}",
        "a trailing comma": b'{"query": "{ __typename }",}',
        "a comment": b'{"query": "{ __typename }"} // x',
        "a form": b"query=%7B__typename%7D",
        "the document itself": b"{ __typename }",
        "a byte order mark": b'\xef\xbb\xbf{"query": "{ __typename }"}',
        "UTF-16": '{"query": "{ __typename }"}'.encode("utf-16"),
        "UTF-16 without a mark": '{"query": "{ __typename }"}'.encode("utf-16-le"),
        "UTF-32": '{"query": "{ __typename }"}'.encode("utf-32"),
        "Latin-1": '{"query": "{ __typename } # é"}'.encode("latin-1"),
        "an overlong NUL": b'{"query": "{ __typename } # \xc0\x80"}',
        "a surrogate in UTF-8": b'{"query": "{ __typename } # \xed\xa0\x80"}',
        "half a character": b'{"query": "{ __typename } # \xf0\x9f"}',
        "zeros": b"\0" * 1000,
        "a raw NUL in a text": b'{"query": "{ __typename } #\0"}',
        "compressed": b"\x1f\x8b\x08\x00\x00\x00\x00\x00\x00\x03",
        "NaN": with_query(b'"variables": {"a": NaN}'),
        "Infinity": with_query(b'"variables": {"a": Infinity}'),
        "minus Infinity": with_query(b'"variables": {"a": -Infinity}'),
        "an exponent too large": with_query(b'"variables": {"a": 1e999}'),
        "an exponent of many digits": with_query(b'"variables": {"a": 1e' + b"9" * 30_000 + b"}"),
        "a number of many digits": with_query(b'"variables": {"a": ' + b"9" * 30_000 + b"}"),
        "a leading zero": with_query(b'"variables": {"a": 01}'),
        "a lone high surrogate": with_query(b'"variables": {"a": "\\ud800"}'),
        "a lone low surrogate": with_query(b'"variables": {"a": "\\udfff"}'),
        "surrogates the wrong way round": with_query(b'"variables": {"a": "\\udc00\\ud800"}'),
        "a lone surrogate as a key": with_query(b'"variables": {"\\ud800": 1}'),
        "a lone surrogate in the document": b'{"query": "{ __typename } # \\ud800"}',
        "a lone surrogate in the name": with_query(b'"operationName": "\\ud800"'),
        "a lone surrogate in extensions": with_query(b'"extensions": {"a": "\\ud800"}'),
        "lists without end": b"[" * 32_000,
        "objects without end": b'{"a":' * 6_000,
        "lists nested deeply": b"[" * 16_000 + b"]" * 16_000,
        "21 levels of lists": with_query(b'"variables": {"a": ' + b"[" * 19 + b"]" * 19 + b"}"),
        "21 levels of objects": with_query(b'"extensions": ' + b'{"a":' * 20 + b"1" + b"}" * 20),
    }
    for name, content in refused.items():
        yield Hostile(f"body: {name}", Outcome.BODY, content)
    wrong: dict[str, tuple[object, ...]] = {
        "query": (5, -1.5, True, None, [], ["a"], {}, {"a": 1}, "", " "),
        "variables": (5, -1.5, True, [], ["a"], [[]], "", "{}"),
        "operationName": (5, -1.5, True, [], ["A"], {}, {"a": 1}, " ", "a b", "5"),
        "extensions": (5, -1.5, True, [], ["a"], "", "{}"),
    }
    for key, values in wrong.items():
        for value in values:
            content = json.dumps({"query": NOTHING, key: value}).encode()
            yield Hostile(f"body: {key} is {json.dumps(value)}", Outcome.BODY, content)
    for name in ("A\n", "A\0", "Ä", "A" * 10_000 + "-", "__proto__.x", "1A", "A;B"):
        body = {"query": "query A { __typename }", "operationName": name}
        yield Hostile(f"body: operationName {name[:12]!r}", Outcome.BODY, json.dumps(body).encode())
    large = json.dumps({"query": NOTHING}).encode() + b" " * 32_768
    yield Hostile("body: one byte too many", Outcome.TOO_LARGE, large[:32_769])
    yield Hostile("body: a megabyte", Outcome.TOO_LARGE, b"[" * 2**20)
    yield Hostile(
        "body: a key twice",
        Outcome.HARMLESS,
        b'{"query": "{ nope }", "query": "{ __typename }", "query": "{ __typename }"}',
    )
    yield Hostile(
        "body: keys of prototypes",
        Outcome.HARMLESS,
        b'{"query": "{ __typename }", "__proto__": {"a": 1}, "constructor": {"prototype": {}},'
        b' "variables": {"__proto__": {"isAdmin": true}, "": 1, "\\u0000": 1, "a b": 1}}',
    )
    many = ",".join(f'"k{index}":{index}' for index in range(2_500))
    yield Hostile("body: many keys", Outcome.BODY, with_query(many.encode()))
    yield Hostile(
        "body: many variables", Outcome.BODY, with_query(b'"variables": {%b}' % many.encode())
    )
    yield Hostile(
        "body: 5000 in a list",
        Outcome.BODY,
        with_query(b'"extensions": {"a": [%b]}' % (b"0," * 4999 + b"0")),
    )
    yield Hostile(
        "body: escapes to the brim",
        Outcome.HARMLESS,
        with_query(b'"variables": {"a": "' + b"\\ud83d\\ude00" * 2_700 + b'"}'),
    )
    yield Hostile(
        "body: a tiny number", Outcome.HARMLESS, with_query(b'"variables": {"a": 1e-99999}')
    )


def types() -> Iterator[Hostile]:
    content = json.dumps({"query": NOTHING}).encode()
    for type_ in (
        "",
        "text/plain",
        "application/graphql",
        "application/x-www-form-urlencoded",
        "multipart/form-data; boundary=x",
        "multipart/form-data",
        "application/json; charset=utf-16",
        "application/json; charset=latin-1",
        "application/jsonx",
        "application/json, text/plain",
        "application/vnd.api+json",
        "json",
        "*/*",
        ";",
        "a" * 8000,
    ):
        yield Hostile(f"type: {type_[:40]!r}", Outcome.TYPE, content, {"CONTENT_TYPE": type_})


def tokens() -> Iterator[Hostile]:
    """Access tokens that are none: whoever sends them is a visitor, no more and no less."""
    me = json.dumps({"query": "{ me { id } }"}).encode()
    unsigned = ".".join(
        base64.urlsafe_b64encode(json.dumps(part).encode()).decode().rstrip("=")
        for part in ({"alg": "none", "typ": "JWT"}, {"sub": "1", "gen": 1})
    )
    for name, value in {
        "empty": "",
        "blank": " ",
        "a scheme alone": "Bearer",
        "a scheme and a blank": "Bearer ",
        "another scheme": "Basic YWxpY2U6YQ==",
        "two": "Bearer a, Bearer b",
        "no token": "Bearer x",
        "dots": "Bearer ..",
        "many dots": "Bearer " + "." * 8_000,
        "unsigned": f"Bearer {unsigned}.",
        "a header that is no JSON": "Bearer YQ.YQ.YQ",
        "a header that is a list": "Bearer W10.e30.YQ",
        "a header that nests deeply": "Bearer " + encoded("[" * 6_000).rstrip("=") + ".e30.YQ",
        "many digits": "Bearer " + encoded("9" * 5_000).rstrip("=") + ".e30.YQ",
        "8000 characters": "Bearer " + "a" * 8_000,
        "no ASCII": "Bearer \xff\xfe",
        "a NUL": "Bearer \0",
        "JWT": "JWT null",
    }.items():
        yield Hostile(f"token: {name}", Outcome.REFUSED, me, {"HTTP_AUTHORIZATION": value})
