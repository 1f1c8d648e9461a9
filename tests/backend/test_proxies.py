"""Whose word counts on where a request comes from."""

import ipaddress
from typing import Any

import pytest
from django.http import HttpRequest, HttpResponse
from django.test import RequestFactory
from pytest_django import Settings

from accounts.models import User
from backend.proxies import TrustedProxies
from tests.accounts.documents import REGISTER
from tests.conftest import PASSWORD, Caller

PROXY = "10.0.0.1"
CALLER = "203.0.113.7"


@pytest.fixture
def trusting(settings: Settings) -> None:
    """Two networks are ours."""
    settings.TRUSTED_PROXIES = [
        ipaddress.ip_network("10.0.0.0/8"),
        ipaddress.ip_network("2001:db8::/32"),
    ]
    settings.SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https")


def seen(**meta: str) -> HttpRequest:
    """The request as everything behind the middleware sees it."""
    requests: list[HttpRequest] = []

    def view(request: HttpRequest) -> HttpResponse:
        requests.append(request)
        return HttpResponse()

    TrustedProxies(view)(RequestFactory().get("/", **meta))  # type: ignore[arg-type]  # environ keys
    (request,) = requests
    return request


def address_seen(peer: str, forwarded_for: str) -> str:
    address: str = seen(REMOTE_ADDR=peer, HTTP_X_FORWARDED_FOR=forwarded_for).META["REMOTE_ADDR"]
    return address


@pytest.mark.usefixtures("trusting")
@pytest.mark.parametrize(
    ("forwarded_for", "address"),
    [
        (CALLER, CALLER),
        (f" {CALLER} ", CALLER),
        (f"{CALLER}:51234", CALLER),
        (f"1.2.3.4, {CALLER}", CALLER),
        (f"1.2.3.4,{CALLER},10.0.0.2", CALLER),
        (f"garbage, {CALLER}, 2001:db8::2, 10.0.0.2", CALLER),
        ("2a00::1", "2a00::1"),
        ("[2a00::1]", "2a00::1"),
        ("[2a00::1]:443", "2a00::1"),
        ("2A00:0:0::1", "2a00::1"),
        (f"::ffff:{CALLER}", CALLER),
        (f"{CALLER}, ::ffff:10.0.0.2", CALLER),
        # A caller inside our own network, through two proxies.
        ("10.0.0.9, 10.0.0.2", "10.0.0.9"),
    ],
)
def test_behind_a_trusted_proxy_the_caller_is_the_last_address_that_is_no_proxy(
    forwarded_for: str, address: str
) -> None:
    assert address_seen(PROXY, forwarded_for) == address


@pytest.mark.usefixtures("trusting")
@pytest.mark.parametrize(
    "forwarded_for",
    [
        "",
        ",",
        "unknown",
        f"{CALLER},",
        f"{CALLER}, unknown",
        f"{CALLER}, unknown, 10.0.0.2",
        "300.0.0.1",
        "1.2.3.4.5",
        "[2a00::1",
        "[]:1",
        "2a00::1]:443",
        "12345",
        f"{CALLER}:port",
        f"{CALLER};",
        "," * 10_000,
    ],
)
def test_where_a_proxy_passes_on_garbage_the_address_stays_its_own(forwarded_for: str) -> None:
    assert address_seen(PROXY, forwarded_for) == PROXY


@pytest.mark.usefixtures("trusting")
@pytest.mark.parametrize("peer", ["10.255.0.1", "2001:db8:1::5", "::ffff:10.0.0.1", ""])
def test_a_proxy_may_be_of_either_family_or_on_a_unix_socket(peer: str) -> None:
    assert address_seen(peer, CALLER) == CALLER


FORGED = {
    "HTTP_X_FORWARDED_FOR": "1.2.3.4",
    "HTTP_X_FORWARDED_PROTO": "https",
    "HTTP_X_FORWARDED_HOST": "evil.example.org",
    "HTTP_X_FORWARDED_PORT": "1",
    "HTTP_X_FORWARDED_PREFIX": "/x",
    "HTTP_FORWARDED": "for=1.2.3.4;proto=https",
}


@pytest.mark.usefixtures("trusting")
@pytest.mark.parametrize("peer", [CALLER, "11.0.0.1", "2a00::1", "::ffff:11.0.0.1", "unknown"])
def test_whoever_is_no_proxy_is_not_believed_in_anything(peer: str) -> None:
    request = seen(REMOTE_ADDR=peer, HTTP_USER_AGENT="theirs", **FORGED)

    assert request.META["REMOTE_ADDR"] == peer
    assert not request.is_secure()
    assert FORGED.keys().isdisjoint(request.META)
    assert request.META["HTTP_USER_AGENT"] == "theirs"


@pytest.mark.parametrize("peer", ["127.0.0.1", PROXY, ""])
def test_nobody_is_believed_where_no_proxy_is_set(peer: str, settings: Settings) -> None:
    assert settings.TRUSTED_PROXIES == []
    request = seen(REMOTE_ADDR=peer, **FORGED)

    assert request.META["REMOTE_ADDR"] == peer
    assert FORGED.keys().isdisjoint(request.META)


@pytest.mark.usefixtures("trusting")
@pytest.mark.parametrize(
    ("protocol", "is_secure"),
    [
        ({"HTTP_X_FORWARDED_PROTO": "https"}, True),
        ({"HTTP_X_FORWARDED_PROTO": "HTTPS"}, True),
        ({"HTTP_X_FORWARDED_PROTO": "https, https"}, True),
        ({"HTTP_X_FORWARDED_PROTO": "http"}, False),
        # What the caller claimed stands before what the proxy saw.
        ({"HTTP_X_FORWARDED_PROTO": "https, http"}, False),
        ({"HTTP_X_FORWARDED_PROTO": "http, https"}, False),
        ({"HTTP_X_FORWARDED_PROTO": ""}, False),
        ({}, False),
    ],
)
def test_a_request_is_secure_where_the_proxies_say_so(
    protocol: dict[str, str], is_secure: bool
) -> None:
    assert seen(REMOTE_ADDR=PROXY, **protocol).is_secure() is is_secure


def registered(name: str, **headers: str) -> Any:
    """The errors of one more registration through the whole site."""
    person = {"email": f"{name}@example.org", "password": PASSWORD, "chatId": 1}
    answer = Caller().post({"query": REGISTER, "variables": {"input": person}}, **headers).json()
    return [error["extensions"]["code"] for error in answer.get("errors", ())]


@pytest.mark.django_db
def test_an_invented_header_does_not_make_anybody_somebody_else(settings: Settings) -> None:
    settings.REGISTRATIONS_PER_HOUR = 1

    assert registered("a", HTTP_X_FORWARDED_FOR="1.2.3.4") == []
    assert registered("b", HTTP_X_FORWARDED_FOR="5.6.7.8") == ["RATE_LIMITED"]
    assert list(User.objects.values_list("email", flat=True)) == ["a@example.org"]


@pytest.mark.django_db
@pytest.mark.usefixtures("trusting")
def test_behind_a_trusted_proxy_each_caller_is_counted_alone(settings: Settings) -> None:
    settings.REGISTRATIONS_PER_HOUR = 1

    assert registered("a", REMOTE_ADDR=PROXY, HTTP_X_FORWARDED_FOR=CALLER) == []
    assert registered("b", REMOTE_ADDR=PROXY, HTTP_X_FORWARDED_FOR="203.0.113.8") == []
    again = registered("c", REMOTE_ADDR=PROXY, HTTP_X_FORWARDED_FOR=f"1.2.3.4, {CALLER}")
    assert again == ["RATE_LIMITED"]
    assert User.objects.count() == 2
