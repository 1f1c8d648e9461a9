"""The Bot API of the tests stands what the fault program does to its callers."""

import socket

from tests.fake_bot_api import FakeBotApi

HEAD = b"POST /bot1:x/sendMessage HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Length: %d\r\n\r\n"
BODY = b'{"chat_id": 1, "text": "drink"}'


def test_a_caller_that_is_killed_in_the_middle_of_its_request_has_asked_for_nothing() -> None:
    with FakeBotApi() as api:
        port = int(api.url.rpartition(":")[2])
        for sent in (b"", BODY[:9], BODY):
            with socket.create_connection(("127.0.0.1", port)) as caller:
                caller.sendall(HEAD % len(BODY) + sent)
        api.wait_for(1)

    assert [request.text for request in api.requests] == ["drink"]
    assert api.failures == []
