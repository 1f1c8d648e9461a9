"""Both web servers against clients that are slow, long-winded or hostile, over real sockets."""

import socket
import time
from collections.abc import Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from functools import partial

import pytest

from tests.backend.hostile_requests import HOSTILE, POST, request
from tests.backend.running import Program, running, wait_for
from tests.backend.wire import HOST, QUERY, Reply, exchange, post, read_answer

LIMIT = 32 * 1024
MOST_READ = 8 * 1024 * 1024
SERVERS = ["serve", "up"]


def is_ready(server: Program) -> bool:
    return server.get("/readyz")[0] == 200


@pytest.fixture(scope="module")
def servers(tmp_path_factory: pytest.TempPathFactory) -> Iterator[dict[str, Program]]:
    production = {"DEBUG": "false", "ALLOWED_HOSTS": "127.0.0.1"}
    folders = {name: tmp_path_factory.mktemp(name) for name in SERVERS}
    with (
        # Less than what a body may take: the watchdog must not count that time.
        running(folders["serve"], "serve", REQUEST_TIMEOUT_SECONDS="3", **production) as serve,
        running(folders["up"], "up", **production) as up,
    ):
        for each in (serve, up):
            wait_for(partial(is_ready, each), 30, each.log.read_text)
        yield {"serve": serve, "up": up}
        for each in (serve, up):
            log = each.log.read_text()
            assert "Unexpected exit" not in log
            assert "unexpected_error" not in log
            assert "uncaptured python exception" not in log
            assert "Exception while serving" not in log


@pytest.fixture(params=SERVERS)
def server(request: pytest.FixtureRequest, servers: dict[str, Program]) -> Program:
    return servers[request.param]


def honest(server: Program) -> Reply:
    return exchange(server.port, post(len(QUERY)) + QUERY)


def test_slow_clients_wait_alone(servers: dict[str, Program]) -> None:
    """More of them than there are threads; nobody else notices, and none stays for long."""
    heads = b"POST /graphql HTTP/1.1\r\n" + HOST
    with ThreadPoolExecutor(200) as pool:
        slow: dict[tuple[str, str], list[Future[Reply]]] = {
            (name, kind): [
                pool.submit(exchange, server.port, payload, drip=drip) for _ in range(number)
            ]
            for name, server in servers.items()
            for kind, payload, drip, number in [
                ("dripping", post(30_000), b" ", 20),
                ("silent", post(30_000) + QUERY, b"", 20),
                ("chunked", heads + b"Transfer-Encoding: chunked\r\n\r\n", b"1\r\n \r\n", 4),
                ("heads", heads, b"X: y\r\n", 4),
                ("nothing", b"GET", b"", 4),
            ]
        }
        fast = []
        until = time.monotonic() + 4
        while time.monotonic() < until:
            fast += [honest(server) for server in servers.values()]
            time.sleep(0.1)
        found = {each: [future.result() for future in futures] for each, futures in slow.items()}

    assert {reply.status for reply in fast} == {200}
    assert max(reply.seconds for reply in fast) < 1
    for (name, kind), replies in found.items():
        late = (9, 13) if kind in {"heads", "nothing"} else (4.5, 8)
        assert all(late[0] < reply.seconds < late[1] for reply in replies), (name, kind, replies)
        # Granian closes without a word when it is the head that does not come.
        expected = {None} if late[0] == 9 and name == "serve" else {408}
        assert {reply.status for reply in replies} == expected, (name, kind, replies)


@pytest.mark.parametrize("length", [LIMIT + 1, 1024 * 1024, MOST_READ])
def test_a_body_over_the_limit_is_read_and_refused_and_the_connection_goes_on(
    length: int, server: Program
) -> None:
    with socket.create_connection(("127.0.0.1", server.port), timeout=10) as connection:
        connection.sendall(post(length, close=False) + b" " * length)
        refused = read_answer(connection)
        connection.sendall(post(len(QUERY), close=False) + QUERY)
        answered = read_answer(connection)

    assert refused.status == 413
    assert refused.error["extensions"]["code"] == "BAD_USER_INPUT"
    assert str(LIMIT) in refused.error["message"]
    assert answered.body == b'{"data":{"__typename":"Query"}}'


@pytest.mark.parametrize("head", ["declared", "chunked", "tiny"])
def test_a_body_beyond_all_measure_is_cut_off(head: str, server: Program) -> None:
    """Before it has cost much: a chunk of one byte is a message of its own."""
    size = 100 * 1024 * 1024
    if head == "declared":
        payload = post(size) + b" " * size
    else:
        tiny = b"1\r\n \r\n" * (1024 * 1024)
        chunk = tiny if head == "tiny" else b"100000\r\n" + b" " * 0x100000 + b"\r\n"
        start = b"POST /graphql HTTP/1.1\r\n" + HOST + b"Content-Type: application/json\r\n"
        payload = start + b"Transfer-Encoding: chunked\r\n\r\n" + chunk * 100

    reply = exchange(server.port, payload)

    # The client may find its pipe broken before it has read the answer.
    assert reply.status in {413, None}
    assert reply.sent < size / 2
    assert reply.seconds < 3
    assert honest(server).status == 200


def test_a_declared_length_beyond_all_measure_is_refused_before_it_comes(server: Program) -> None:
    reply = exchange(server.port, post(MOST_READ + 1, close=False))

    assert reply.status == 413
    assert reply.error["extensions"]["code"] == "BAD_USER_INPUT"
    assert reply.seconds < 2


def test_a_body_that_ends_early_is_no_500(server: Program) -> None:
    with socket.create_connection(("127.0.0.1", server.port), timeout=10) as connection:
        connection.sendall(post(1000) + QUERY)
        connection.shutdown(socket.SHUT_WR)
        answer = connection.recv(65536)

    assert Reply(answer, 0).status in {400, None}


@pytest.mark.parametrize("name", HOSTILE)
def test_a_hostile_request_is_refused_at_once_and_learns_nothing(
    name: str, server: Program
) -> None:
    reply = exchange(server.port, HOSTILE[name])

    assert reply.seconds < 2
    assert reply.status is None or 200 <= reply.status < 500
    # The admin's pages are HTML, and Django's own.
    if reply.status in range(400, 500) and b" /admin/" not in HOSTILE[name]:
        assert reply.body == b"" or reply.error["message"]
        for inside in (b"Traceback", b".py", b"Django", b"waitress", b"127.0.0.1", b"evil"):
            assert inside not in reply.body
    assert honest(server).status == 200


def test_a_chunked_body_is_told_to_come_in_one_piece(servers: dict[str, Program]) -> None:
    """Under `up`, the server has put it together before."""
    replies = {name: exchange(each.port, HOSTILE["chunks"]) for name, each in servers.items()}

    assert replies["serve"].status == 411
    assert replies["up"].status == 400
    assert b"`query`" in replies["up"].body


def test_what_stands_behind_a_body_of_two_lengths_is_no_request(server: Program) -> None:
    """One of them may be a proxy's measure, the other one ours."""
    heads = HOST + b"Content-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\n"
    hidden = request(b"GET /healthz HTTP/1.1")

    reply = exchange(server.port, b"POST /graphql HTTP/1.1\r\n" + heads + b"0\r\n\r\n" + hidden)

    assert reply.status in range(400, 500)
    assert b'"status"' not in reply.body


def test_a_header_with_underscores_does_not_stand_for_one_with_dashes(server: Program) -> None:
    """A proxy takes X-Forwarded-... away from strangers, and never looks at this one."""
    typed = request(POST, HOST + b"Content_Type: application/json\r\nContent-Length: 2\r\n", b"{}")

    assert exchange(server.port, typed).status == 415


def test_a_refusal_is_in_the_language_that_is_asked_for(server: Program) -> None:
    """Of a body that is too large to be read, and of one that the application refuses."""
    for length in (99_999_999, LIMIT + 1):
        head = post(length).replace(b"Connection:", b"Accept-Language: ru\r\nConnection:")

        reply = exchange(server.port, head + b"x" * min(length, LIMIT + 1))

        assert reply.status == 413
        assert b"content-language: ru" in reply.data.lower()
        assert reply.error["message"].startswith("Тело запроса слишком большое.")
