"""Bodies and headers: what a client sends, what one that is broken sends, and noise."""

import base64
import json

from hypothesis import strategies as st

from tests.fuzz.documents import ANY_DOCUMENT
from tests.fuzz.values import ANYTHING, Strategy

NOTHING = "{ __typename }"

LINES: Strategy = st.text(st.characters(min_codepoint=0x20, max_codepoint=0xFF), max_size=60)
"""What a header can hold: servers decode it as Latin-1."""


@st.composite
def _media_range(draw: st.DrawFn) -> str:
    names = ["application", "text", "*", "json", "graphql-response+json", "html", "a/b", ""]
    type_, subtype = draw(st.tuples(*[st.sampled_from(names)] * 2))
    parameters = ["charset=utf-8", "charset=UTF8", "charset=latin-1", "charset=", "q=0", "q=0.5"]
    parameters += ["q=x", "q=9", 'boundary="x', "=", ""]
    rest = draw(st.lists(st.sampled_from(parameters), max_size=3))
    return ";".join([f"{type_}/{subtype}", *rest])


ACCEPTED: Strategy = st.one_of(
    st.lists(_media_range(), max_size=4).map(",".join),
    st.sampled_from(["application/json", "application/graphql-response+json", "*/*", ""]),
    LINES,
)

CONTENT_TYPES: Strategy = st.one_of(
    _media_range(), st.sampled_from(["application/json", "application/json; charset=utf-8"]), LINES
)


@st.composite
def _token(draw: st.DrawFn) -> str:
    """Something of the shape of an access token."""
    parts = draw(st.lists(ANYTHING.map(json.dumps) | st.text(max_size=20), max_size=4))
    encoded = (base64.urlsafe_b64encode(part.encode()).decode().rstrip("=") for part in parts)
    return ".".join(encoded)


AUTHORIZATIONS: Strategy = st.one_of(
    st.builds(
        "{} {}".format,
        st.sampled_from(["Bearer", "bearer", "JWT", "Basic", "Bearer  ", ""]),
        st.one_of(_token(), LINES, st.just("@token@"), st.just("@token@x")),
    ),
    LINES,
)

HEADERS: Strategy = st.fixed_dictionaries(
    {},
    optional={
        "HTTP_ACCEPT": ACCEPTED,
        "CONTENT_TYPE": CONTENT_TYPES,
        "HTTP_AUTHORIZATION": AUTHORIZATIONS,
        "HTTP_TRANSFER_ENCODING": st.sampled_from(["chunked", "gzip", ""]),
        "HTTP_CONTENT_ENCODING": st.sampled_from(["gzip", "identity", ""]),
        "HTTP_ACCEPT_LANGUAGE": LINES,
        "HTTP_ORIGIN": LINES,
        "HTTP_COOKIE": LINES,
        "HTTP_X_FORWARDED_FOR": LINES,
        "HTTP_X_REQUEST_ID": LINES,
    },
)

ENVELOPES: Strategy = st.one_of(
    ANYTHING,
    st.fixed_dictionaries(
        {},
        optional={
            "query": ANY_DOCUMENT | ANYTHING,
            "variables": ANYTHING,
            "operationName": ANYTHING | st.sampled_from(["A", "__typename", "query"]),
            "extensions": ANYTHING | st.just({"persistedQuery": {"version": 1}}),
            "__proto__": ANYTHING,
        },
    ),
).map(json.dumps)


@st.composite
def _broken(draw: st.DrawFn) -> bytes:
    """A good body with a part cut out or replaced."""
    body: bytes = draw(ENVELOPES).encode()
    start, end = sorted(draw(st.tuples(*[st.integers(0, len(body))] * 2)))
    noise: bytes = draw(st.binary(max_size=20))
    return b"".join((body[:start], noise, body[end:]))


BODIES: Strategy = st.one_of(
    st.binary(max_size=200),
    st.text().map(str.encode),
    ENVELOPES.map(str.encode),
    _broken(),
    st.tuples(ENVELOPES, st.sampled_from(["utf-16", "utf-32", "utf-8-sig", "utf-7"])).map(
        lambda drawn: drawn[0].encode(drawn[1])
    ),
    st.builds(
        lambda opening, count: opening * count,
        st.sampled_from([b"[", b'{"a":', b"9", b"\\u0000", b" "]),
        st.integers(0, 40_000),
    ),
)
