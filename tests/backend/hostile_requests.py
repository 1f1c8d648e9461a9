"""Requests that no client library would send, and none of which may do harm."""

from tests.backend.wire import HOST


def request(
    line: bytes = b"GET /graphql HTTP/1.1", headers: bytes = HOST, body: bytes = b""
) -> bytes:
    return line + b"\r\n" + headers + b"Connection: close\r\n\r\n" + body


JSON = b"Content-Type: application/json\r\n"
POST = b"POST /graphql HTTP/1.1"
OURS = HOST + JSON
HOSTILE = {
    "a NUL in the path": request(b"GET /%00 HTTP/1.1"),
    "a raw NUL in the path": request(b"GET /\x00 HTTP/1.1"),
    "no UTF-8 in the path": request(b"GET /%ff%c3 HTTP/1.1"),
    "raw bytes in the path": request(b"GET /\xff HTTP/1.1"),
    "no UTF-8 in the query": request(b"GET /admin/login/?next=%ff%00&a[]=%c3 HTTP/1.1"),
    "raw bytes in the query": request(b"GET /graphql?\xff HTTP/1.1"),
    "dots in the path": request(b"GET /static/../../%2e%2e/etc/passwd HTTP/1.1"),
    "two slashes": request(b"GET //evil.example/%2e%2e/ HTTP/1.1"),
    "a long path": request(b"GET /" + b"a" * 60_000 + b" HTTP/1.1"),
    "a header of 100 KB": request(headers=HOST + b"X: " + b"a" * 100_000 + b"\r\n"),
    "a header of 1 MB": request(headers=HOST + b"X: " + b"a" * 1_000_000 + b"\r\n"),
    "200 headers": request(headers=HOST + b"".join(b"X%d: a\r\n" % n for n in range(200))),
    "a NUL in a header": request(headers=HOST + b"X: \x00\r\n"),
    "a folded header": request(headers=HOST + b"X: a\r\n b\r\n"),
    "bytes in a token": request(headers=HOST + b"Authorization: Bearer \xff\xfe\r\n"),
    "bytes in a cookie": request(
        b"GET /admin/ HTTP/1.1", HOST + b'Cookie: sessionid=\xff%00; "\r\n'
    ),
    "bytes in a charset": request(
        POST, HOST + b"Content-Type: application/json; charset=\xff\r\nContent-Length: 2\r\n", b"{}"
    ),
    "a charset that is none": request(
        b"POST /admin/login/ HTTP/1.1",
        HOST + b"Content-Type: a/b; charset=nonsense\r\nContent-Length: 2\r\n",
        b"{}",
    ),
    "a broken form": request(
        b"POST /admin/login/ HTTP/1.1",
        HOST + b"Content-Type: multipart/form-data; boundary=\xff\r\nContent-Length: 2\r\n",
        b"{}",
    ),
    "two lengths": request(POST, OURS + b"Content-Length: 2\r\nContent-Length: 3\r\n", b"{} "),
    "one length twice": request(POST, OURS + b"Content-Length: 2\r\nContent-Length: 2\r\n", b"{}"),
    "a negative length": request(POST, OURS + b"Content-Length: -1\r\n", b"{}"),
    "a length that is no number": request(POST, OURS + b"Content-Length: two\r\n", b"{}"),
    "a huge length": request(POST, OURS + b"Content-Length: " + b"9" * 5000 + b"\r\n", b"{}"),
    "chunks": request(POST, OURS + b"Transfer-Encoding: chunked\r\n", b"2\r\n{}\r\n0\r\n\r\n"),
    "broken chunks": request(POST, OURS + b"Transfer-Encoding: chunked\r\n", b"zz\r\n{}"),
    "chunks and a length": request(
        POST,
        OURS + b"Content-Length: 2\r\nTransfer-Encoding: chunked\r\n",
        b"2\r\n{}\r\n0\r\n\r\n",
    ),
    "an unknown encoding": request(POST, OURS + b"Transfer-Encoding: gzip\r\n", b"{}"),
    "an unknown expectation": request(
        POST, OURS + b"Expect: nonsense\r\nContent-Length: 2\r\n", b"{}"
    ),
    "HTTP/1.0": request(b"GET /graphql HTTP/1.0"),
    "HTTP/1.0 without a host": request(b"GET /graphql HTTP/1.0", b""),
    "HTTP/0.9": b"GET /graphql\r\n\r\n",
    "HTTP/2.0": request(b"GET /graphql HTTP/2.0"),
    "a preface of HTTP/2": b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n",
    "an absolute target": request(b"GET http://evil.example/graphql HTTP/1.1"),
    "an absolute target that is none": request(b"GET http://[::1/graphql HTTP/1.1"),
    "an asterisk": request(b"OPTIONS * HTTP/1.1"),
    "a tunnel": request(b"CONNECT evil.example:443 HTTP/1.1"),
    "a method in small letters": request(b"post /graphql HTTP/1.1"),
    "an unknown method": request(b"BREW /graphql HTTP/1.1"),
    "no host": request(headers=b""),
    "an empty host": request(headers=b"Host:\r\n"),
    "a foreign host": request(headers=b"Host: evil.example\r\n"),
    "a host with a space": request(headers=b"Host: 127.0.0.1 evil\r\n"),
    "a host with a user": request(headers=b"Host: 127.0.0.1@evil.example\r\n"),
    "a host of bytes": request(headers=b"Host: \xff\xfe\r\n"),
    "a host with a huge port": request(headers=b"Host: 127.0.0.1:99999999999\r\n"),
    "two hosts": request(headers=HOST + HOST),
    "half an IPv6 host": request(headers=b"Host: [::1\r\n"),
}
