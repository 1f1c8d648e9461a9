"""How often anybody may try a password, a code, a refresh token or a registration.

An attempt is counted as failed before anything is looked at, and forgiven when it succeeds: so
parallel calls and aliases get no further than one after the other. Three tallies slow it down:

* the pair of account and address, soon and for long: who guesses at one account;
* the address alone, later: who guesses at many accounts from one place;
* the account alone, late and never for long: who guesses from many places. It begins where a few
  strangers never get to, and is a matter of seconds; but while many go on, an owner at a new
  address competes with them for each turn.

An address from which the account succeeded before is trusted for a time: there only the pair
counts, so that its owner comes in whatever others do, from elsewhere or behind the same address.
An account is whatever the caller claims: one that does not exist is throttled like any other.
"""

import datetime
import ipaddress
from collections.abc import Sequence
from dataclasses import dataclass

from django.conf import settings
from django.http import HttpRequest
from django.utils.crypto import salted_hmac

from accounts.delays import DAY, HOUR, MINUTE, SECOND, Pace, Tally
from accounts.errors import RateLimited
from accounts.fields import LowerCaseEmailField
from accounts.throttle_stores import Value, store

NAMESPACE = "throttle"
"""How keys begin, in a Redis that is not ours alone."""

LONGEST_DELAY = 15 * MINUTE
"""Then a day has room for some hundred guesses, and a person still comes back to try again."""

PAIR_MEMORY = HOUR
"""Slower than the longest delay, so that whoever keeps guessing stays there. Yesterday's mistakes
are forgotten."""

ADDRESS_MEMORY = 15 * MINUTE
"""Faster, because people share an address: after three quiet hours no delay is left."""

STRANGERS = 6
ACCOUNT_MEMORY = 2 * MINUTE
ACCOUNT_LONGEST_DELAY = 30 * SECOND
"""So many addresses at once, each guessing as fast as it may, do not slow down anybody else: an
account's own tally is free for all of their first guesses, and forgets 30 an hour, while an address
gets to 5 an hour at the most, by its own longest delay and memory."""

PARALLEL_REFRESHES = 20
"""Tabs that wake up together with one refresh token, which nobody can guess at any pace."""

LOGIN_TRUST = 90 * DAY
"""Three times as long as a device stays logged in without the password."""

CODES = Pace(free=0, first=MINUTE, cap=10 * MINUTE, memory=HOUR)
"""Of codes for a forgotten password: nobody floods a chat whose owner's e-mail they know. A pause
ends with the life of the code before, so that whoever keeps asking leaves the owner a good one."""

REFRESH_TRUST = DAY
"""A device refreshes every few minutes, and a phone has many addresses."""


@dataclass(frozen=True, slots=True)
class Policy:
    """The paces of one kind of attempt, and for how long (ms) a success makes an address known."""

    kind: str
    pair: Pace
    address: Pace
    account: Pace
    trust: int

    def paces(self, pair: Tally, now: int) -> tuple[Pace, ...]:
        """Those that count, in the order of an attempt's keys."""
        return (self.pair,) if pair.trusted_until > now else (self.pair, self.address, self.account)


class Attempt:
    """One try of somebody at something; whoever makes one counts it first."""

    def __init__(
        self, policy: Policy, account: str, request: HttpRequest, now: datetime.datetime
    ) -> None:
        self._policy = policy
        self._now = _milliseconds(now)
        self._keys = (
            _key(f"{policy.kind}:pair", account, caller_address(request)),
            _key(f"{policy.kind}:address", caller_site(request)),
            _key(f"{policy.kind}:account", account),
        )
        self._counted: list[Tally] = []

    def count(self) -> "Attempt":
        """Counts it as failed; raises `RateLimited`, and counts nothing, where it is too early."""

        def failed(values: list[Value]) -> Sequence[Value]:
            tallies = [Tally(*value) for value in values]
            paces = self._policy.paces(tallies[0], self._now)
            # Where the address is trusted, the last two tallies neither count nor change.
            slowing = list(zip(paces, tallies, strict=False))
            wait = max(pace.wait(tally, self._now) for pace, tally in slowing)
            if wait:
                raise _too_early(wait)
            self._counted = [pace.failed(tally, self._now) for pace, tally in slowing]
            return [*self._counted, *tallies[len(slowing) :]]

        store().update(self._keys, failed, self._now)
        return self

    def forgive(self) -> None:
        """It succeeded: the pair starts anew, with trust, and the others forget this failure."""

        def forgiven(values: list[Value]) -> Sequence[Value]:
            tallies = [Tally(*value) for value in values]
            tallies[0] = Tally(trusted_until=self._now + self._policy.trust)
            paces = (self._policy.address, self._policy.account)
            for index, (pace, counted) in enumerate(zip(paces, self._counted[1:], strict=False), 1):
                tallies[index] = pace.forgiven(tallies[index], counted)
            return tallies

        store().update(self._keys, forgiven, self._now)


def password_attempt(request: HttpRequest, email: str, now: datetime.datetime) -> Attempt:
    """Counts a try of the password of the account `email`, known or not.

    Raises `RateLimited` before the time. The caller forgives the attempt if the password is right.
    """
    return _password_attempt(request, email, now).count()


def refresh_attempt(request: HttpRequest, token: str, now: datetime.datetime) -> Attempt:
    """The same for a refresh token: its account is the row that it claims to belong to."""
    claimed_row = token.partition(".")[0]
    return Attempt(_refresh_policy(), claimed_row, request, now).count()


def count_registration(request: HttpRequest, now: datetime.datetime) -> None:
    """Counts a registration from this address, good or bad: each tells whether an e-mail is taken.

    Raises `RateLimited` where it would be one too many in an hour, wherever that hour begins.
    """
    _count_in_the_hour("registrations", settings.REGISTRATIONS_PER_HOUR, request, now)


def count_reset_request(request: HttpRequest, now: datetime.datetime) -> None:
    """The same for a request of a code for a forgotten password, of whatever account."""
    _count_in_the_hour("resets", settings.PASSWORD_RESETS_PER_HOUR, request, now)


def may_have_a_code(email: str, now: datetime.datetime) -> bool:
    """Counts a code for the account `email`, known or not; False, uncounted, where it is too early.

    Nobody is told: whoever asks hears the same, and the newest code is still good.
    """
    moment, is_early = _milliseconds(now), False

    def counted(values: list[Value]) -> Sequence[Value]:
        nonlocal is_early
        tally = Tally(*values[0])
        is_early = CODES.wait(tally, moment) > 0
        return values if is_early else [CODES.failed(tally, moment)]

    store().update([_key("codes", _account(email))], counted, moment)
    return not is_early


def reset_attempt(request: HttpRequest, email: str, now: datetime.datetime) -> Attempt:
    """Counts a try of a code for a forgotten password, as one of a password but apart from those:
    they may be what made its owner ask for one."""
    return Attempt(_password_policy("reset"), _account(email), request, now).count()


def trust(request: HttpRequest, email: str, now: datetime.datetime) -> None:
    """The owner of a new account, or of a new password, is at this address."""
    _password_attempt(request, email, now).forgive()


def _count_in_the_hour(kind: str, limit: int, request: HttpRequest, now: datetime.datetime) -> None:
    moment = _milliseconds(now)

    def counted(values: list[Value]) -> Sequence[Value]:
        (ends,) = values
        within_the_hour = sorted(end for end in ends if moment < end <= moment + HOUR)
        if len(within_the_hour) >= limit:
            raise _too_early(within_the_hour[-limit] - moment)
        return [(*within_the_hour, moment + HOUR)]

    store().update([_key(kind, caller_site(request))], counted, moment)


def caller_address(request: HttpRequest) -> str:
    """Where a request comes from: an address, or the network of 64 bits that one home has of IPv6.

    Proxies are not this function's business: a middleware has put the caller's address into
    `REMOTE_ADDR`.
    """
    return _network(request, 64)


def caller_site(request: HttpRequest) -> str:
    """The same as far as one customer has addresses: of IPv6 up to a network of 48 bits (RFC 6177).

    Whoever has such a one has 65,536 of `caller_address`, and each would begin anew.
    """
    return _network(request, 48)


def _network(request: HttpRequest, bits: int) -> str:
    text: str = request.META.get("REMOTE_ADDR", "")
    try:
        address = ipaddress.ip_address(text)
    except ValueError:
        return text
    if isinstance(address, ipaddress.IPv4Address):
        return str(address)
    if address.ipv4_mapped:
        return str(address.ipv4_mapped)
    rest = 128 - bits
    return f"{ipaddress.IPv6Address(int(address) >> rest << rest)}/{bits}"


def _password_attempt(request: HttpRequest, email: str, now: datetime.datetime) -> Attempt:
    return Attempt(_password_policy("login"), _account(email), request, now)


def _account(email: str) -> str:
    """However the address is written."""
    address: str = LowerCaseEmailField().to_python(email)
    return address


def _password_policy(kind: str) -> Policy:
    pair = Pace(settings.LOGIN_FREE_FAILURES, LONGEST_DELAY, PAIR_MEMORY)
    return Policy(kind, pair, _address_pace(), _account_pace(pair), LOGIN_TRUST)


def _refresh_policy() -> Policy:
    pair = Pace(PARALLEL_REFRESHES, LONGEST_DELAY, PAIR_MEMORY)
    return Policy("refresh", pair, _address_pace(), _account_pace(pair), REFRESH_TRUST)


def _address_pace() -> Pace:
    return Pace(settings.LOGIN_FREE_FAILURES_PER_ADDRESS, LONGEST_DELAY, ADDRESS_MEMORY)


def _account_pace(pair: Pace) -> Pace:
    return Pace(STRANGERS * pair.most, ACCOUNT_LONGEST_DELAY, ACCOUNT_MEMORY)


def _key(kind: str, *parts: str) -> str:
    """Of a fixed length, and nothing personal: nobody can tell an e-mail or an address by it."""
    salt = f"accounts.throttling.{kind}"
    digest = salted_hmac(salt, "\n".join(parts), algorithm="sha256").hexdigest()
    return f"{NAMESPACE}:{kind}:{digest}"


def _milliseconds(moment: datetime.datetime) -> int:
    return int(moment.timestamp() * 1000)


def _too_early(wait: int) -> RateLimited:
    return RateLimited(seconds=-(-wait // SECOND))
