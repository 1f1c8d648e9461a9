"""POST requests on connections of the thread's own, which stay open.

`requests` reads the address, checks the certificate and holds the connections. A request then goes
to them directly: redirects, cookies, hooks and streams, none of which the Bot API has, took more
than a `Session` needs for all the rest.
"""

import threading
from typing import cast

import requests
from requests.adapters import HTTPAdapter
from urllib3 import HTTPConnectionPool, Retry, Timeout

NEVER_AGAIN = Retry(total=False)
"""What goes wrong is raised as it is."""

USER = "Authorization"

_local = threading.local()


class _Adapter(HTTPAdapter):
    """Gives out its connections, as it is to those who extend it that it shows them."""

    def connections(self, request: requests.PreparedRequest) -> HTTPConnectionPool:
        pool = self.get_connection_with_tls_context(request, verify=True)
        self.cert_verify(pool, request.url, verify=True, cert=None)  # type: ignore[no-untyped-call]  # requests' own
        return cast("HTTPConnectionPool", pool)


class _Connections:
    """Those of one thread, as sessions are not made to be shared."""

    def __init__(self) -> None:
        self._session = requests.Session()
        self._session.trust_env = False  # no proxy and no .netrc is looked for
        for scheme in ("http://", "https://"):
            self._session.mount(scheme, _Adapter())
        self._found: dict[str, tuple[HTTPConnectionPool, str, dict[str, str]]] = {}

    def to(self, url: str) -> tuple[HTTPConnectionPool, str, dict[str, str]]:
        """The connections to an address, what is asked for there, and the header that the
        address's user and password make, if it has them."""
        if url not in self._found:
            request = self._session.prepare_request(requests.Request("POST", url))
            adapter = cast("_Adapter", self._session.get_adapter(url))
            user = {name: request.headers[name] for name in {USER} & request.headers.keys()}
            self._found[url] = adapter.connections(request), request.path_url, user
        return self._found[url]


def post(url: str, body: bytes, content_type: str, timeout: Timeout) -> tuple[int, bytes]:
    """The status and the body of the answer; nothing is tried again, and no redirect followed.

    Raises what `requests` says of an address that leads nowhere, and `urllib3` of the rest.
    """
    pool, path, user = _own().to(url)
    response = pool.urlopen(
        "POST",
        path,
        body,
        {"Content-Type": content_type, **user},
        retries=NEVER_AGAIN,
        redirect=False,
        assert_same_host=False,
        timeout=timeout,
    )
    return response.status, response.data


def _own() -> _Connections:
    found: _Connections | None = getattr(_local, "connections", None)
    if found is None:
        found = _local.connections = _Connections()
    return found
