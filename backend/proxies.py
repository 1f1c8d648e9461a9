"""Where a request comes from: the caller's own address, not the proxy's, and nobody's invention."""

import ipaddress
import re
from collections.abc import Callable, MutableMapping
from typing import Any

from django.conf import settings
from django.http import HttpRequest
from django.http.response import HttpResponseBase

Address = ipaddress.IPv4Address | ipaddress.IPv6Address

# An address as proxies write it: bare, or with a port, which IPv6 puts behind brackets.
WRITTEN = re.compile(r"\[(?P<v6>[^\]]*)\](:\d*)?|(?P<v4>[^:]*):\d*|(?P<bare>.*)")


class TrustedProxies:
    """A middleware that believes `TRUSTED_PROXIES`, and nobody else, in `X-Forwarded-*`.

    Behind a proxy, `REMOTE_ADDR` becomes the last address in `X-Forwarded-For` that is no proxy of
    ours: what stands before it, the caller may have written. From anybody else such headers are
    taken away before anything reads them.
    """

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponseBase]) -> None:
        self._get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        if _is_trusted(request.META.get("REMOTE_ADDR", "")):
            _believe(request.META)
        else:
            for name in [name for name in request.META if _is_forwarded(name)]:
                del request.META[name]
        return self._get_response(request)


def _is_forwarded(name: str) -> bool:
    return name.startswith("HTTP_X_FORWARDED_") or name == "HTTP_FORWARDED"


def _is_trusted(text: str) -> bool:
    if not settings.TRUSTED_PROXIES:
        return False
    if not text:
        return True  # a Unix socket: whoever may write to it
    address = _address(text)
    return address is not None and _is_proxy(address)


def _is_proxy(address: Address) -> bool:
    return any(address in network for network in settings.TRUSTED_PROXIES)


def _believe(meta: MutableMapping[str, Any]) -> None:
    caller = _caller(meta.get("HTTP_X_FORWARDED_FOR", ""))
    if caller is not None:
        meta["REMOTE_ADDR"] = str(caller)
    # Several proxies: secure is what was secure on the whole way.
    protocols = {word.strip().lower() for word in meta.get("HTTP_X_FORWARDED_PROTO", "").split(",")}
    meta["HTTP_X_FORWARDED_PROTO"] = "https" if protocols == {"https"} else "http"


def _caller(forwarded_for: str) -> Address | None:
    """The address nearest to us that is no proxy; the farthest proxy's where all are.

    None where something is written there that is no address: then nobody knows.
    """
    address = None
    for text in reversed(forwarded_for.split(",")):
        address = _address(text)
        if address is None or not _is_proxy(address):
            break
    return address


def _address(text: str) -> Address | None:
    written = WRITTEN.fullmatch(text.strip())
    if written is None:
        return None
    try:
        address = ipaddress.ip_address(written["v6"] or written["v4"] or written["bare"] or "")
    except ValueError:
        return None
    mapped = address.ipv4_mapped if isinstance(address, ipaddress.IPv6Address) else None
    return mapped or address
