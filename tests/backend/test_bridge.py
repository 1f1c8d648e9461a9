"""The WSGI application behind ASGI: what it is given, and what becomes of its answer."""

import asyncio
import threading
from collections.abc import Callable, Iterable, Iterator
from typing import Any

from backend.serving.bridge import Bridge, environ

Messages = list[dict[str, Any]]


def scope(**changes: Any) -> dict[str, Any]:
    return {
        "type": "http",
        "method": "POST",
        "scheme": "http",
        "http_version": "1.1",
        "raw_path": b"/graphql",
        "query_string": b"",
        "headers": [(b"host", b"testserver"), (b"content-length", b"4")],
        "client": ("192.0.2.1", 1234),
        "server": ("127.0.0.1", "8000"),
        **changes,
    }


def call(
    application: Callable[..., Iterable[bytes]],
    *chunks: bytes,
    more: Messages | None = None,
    kept: int = 100,
    **changes: Any,
) -> Messages:
    """The messages with which the bridge answers a body in these chunks."""
    last = len(chunks) - 1
    incoming: Messages = [
        {"type": "http.request", "body": chunk, "more_body": number < last or more is not None}
        for number, chunk in enumerate(chunks)
    ] + (more or [])
    sent: Messages = []

    async def receive() -> dict[str, Any]:
        return incoming.pop(0)

    async def send(message: Any) -> None:
        sent.append(message)

    bridge = Bridge(application, threads=1, kept=kept)
    asyncio.run(bridge(scope(**changes), receive, send))
    return sent


def echo(environ: dict[str, Any], start_response: Any) -> list[bytes]:
    start_response("200 OK", [("X-Test", "a")])
    return [environ["wsgi.input"].read(), b"!"]


def test_the_body_is_whole_before_the_application_runs() -> None:
    start, body = call(echo, b"ab", b"", b"cd")

    assert start["status"] == 200
    assert start["headers"] == [(b"x-test", b"a"), (b"content-length", b"5")]
    assert body["body"] == b"abcd!"


def test_what_is_over_the_limit_is_dropped_and_the_length_still_told() -> None:
    seen: dict[str, Any] = {}

    def application(environ: dict[str, Any], start_response: Any) -> list[bytes]:
        seen.update(environ, body=environ["wsgi.input"].read())
        start_response("200 OK", [])
        return []

    call(application, b"ab", b"cd", kept=3)

    assert (seen["CONTENT_LENGTH"], seen["body"]) == ("4", b"abc")


def test_a_body_in_chunks_is_not_read_beyond_the_limit() -> None:
    def application(environ: dict[str, Any], start_response: Any) -> list[bytes]:
        raise AssertionError

    headers = [(b"transfer-encoding", b"chunked")]
    long = call(application, b"ab", b"cd", b"ef", kept=3, headers=headers)
    many = call(application, *[b""] * 300, headers=headers)

    for start, _ in (long, many):
        assert start["status"] == 413
        assert (b"connection", b"close") in start["headers"]


def test_a_client_that_goes_away_is_told_so_and_nothing_runs() -> None:
    def application(environ: dict[str, Any], start_response: Any) -> list[bytes]:
        raise AssertionError

    gone = call(application, b"ab", more=[{"type": "http.disconnect"}])
    short = call(application, b"ab")

    for start, _ in (gone, short):
        assert start["status"] == 400
        assert (b"connection", b"close") in start["headers"]


def test_an_answer_is_read_to_its_end_in_its_thread_and_closed() -> None:
    threads = []

    class Answer:
        def __iter__(self) -> Iterator[bytes]:
            for chunk in (b"a", b"b"):
                threads.append(threading.get_ident())
                yield chunk

        def close(self) -> None:
            threads.append(threading.get_ident())

    def application(environ: dict[str, Any], start_response: Any) -> Answer:
        threads.append(threading.get_ident())
        write = start_response("200 OK", [("Content-Length", "3")])
        write(b"-")
        return Answer()

    start, body = call(application, b"abcd")

    assert start["headers"] == [(b"content-length", b"3")]
    assert body["body"] == b"-ab"
    assert len(threads) == 4
    assert len(set(threads)) == 1
    assert threading.get_ident() not in threads


def test_an_answer_without_a_body_has_no_length() -> None:
    def application(environ: dict[str, Any], start_response: Any) -> list[bytes]:
        start_response("304 Not Modified", [])
        return []

    start, _ = call(application, b"abcd")

    assert start["headers"] == []


def test_headers_are_joined_and_those_with_underscores_dropped() -> None:
    headers = [
        (b"host", b"testserver"),
        (b"content-type", b"application/json"),
        (b"content-length", b"4"),
        (b"content-length", b"4"),
        (b"x-forwarded-for", b"a"),
        (b"x-forwarded-for", b"b"),
        (b"x_forwarded_for", b"c"),
        (b"authorization", b"\xff"),
    ]

    result = environ(scope(headers=headers))

    assert result["CONTENT_LENGTH"] == "4"
    assert result["CONTENT_TYPE"] == "application/json"
    assert result["HTTP_X_FORWARDED_FOR"] == "a,b"
    assert result["HTTP_AUTHORIZATION"] == "ÿ"
    assert result["REMOTE_ADDR"] == "192.0.2.1"


def test_a_path_is_bytes_and_a_body_in_chunks_has_no_length() -> None:
    headers = [(b"transfer-encoding", b"chunked"), (b"content-length", b"4")]

    result = environ(scope(raw_path=b"/%ff%00%2Fa", query_string=b"a=%ff", headers=headers))

    assert result["PATH_INFO"] == "/\xff\x00/a"
    assert result["QUERY_STRING"] == "a=%ff"
    assert "CONTENT_LENGTH" not in result
    assert result["HTTP_TRANSFER_ENCODING"] == "chunked"
