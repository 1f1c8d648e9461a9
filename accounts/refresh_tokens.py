"""Refresh tokens: one chain of secrets for each device, each secret good for one refresh.

A token is `<row id>.<secret>`. The first secret is random; each successor is an HMAC of the token
it replaces, so that the answer to a lost or doubled request can be given again without keeping any
secret. A token of the row that is not the newest ends the chain: somebody else has a copy of one.
"""

import base64
import hashlib
import secrets
import uuid
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.conf import settings
from django.db import transaction
from django.utils.crypto import constant_time_compare, salted_hmac
from django.utils.translation import gettext_lazy as _
from graphql_jwt.settings import jwt_settings
from graphql_jwt.shortcuts import get_token

from accounts.errors import problem
from accounts.models import RefreshToken, User

GRACE = timedelta(seconds=10)
"""How long a replaced token still gets the same answer: a second tab, a lost response."""


@dataclass(frozen=True, slots=True)
class Session:
    """What a device holds after logging in or refreshing; instants are in UTC."""

    user: User
    token: str
    expires_at: datetime
    refresh_token: str
    refresh_expires_at: datetime


def open_session(user: User, now: datetime) -> Session:
    """Logs a device in: `user` comes locked or new. Expired sessions of theirs are cleared away."""
    user.refresh_tokens.filter(expires_at__lte=now).delete()
    row = RefreshToken(
        user=user,
        generation=user.token_generation,
        rotated_at=now,
        expires_at=now + jwt_settings.JWT_REFRESH_EXPIRATION_DELTA,
    )
    token = f"{row.id.hex}.{secrets.token_urlsafe(32)}"
    row.digest = _digest(token)
    row.save(force_insert=True)
    return _session(row, token, now)


def rotate(token: str, now: datetime) -> Session:
    """Exchanges a refresh token for a new pair.

    Raises `ValidationError` with the code `refresh_token_invalid` for a token that is unknown,
    expired, revoked or replaced before; the last one also logs the device out.
    """
    with transaction.atomic():
        session = _rotate(token, now)
    # Raised out here, so that a chain found to be copied stays revoked.
    if session is None:
        raise problem(
            "refresh_token", "refresh_token_invalid", _("Log in again: this session has ended.")
        )
    return session


def revoke(token: str, now: datetime) -> bool:
    """Logs out the device that `token` belongs to; says whether one was logged in."""
    with transaction.atomic():
        row = _locked_row(token)
        if row is None or not _is_from(row, token):
            return False
        row.delete()
        return _is_live(row, now)


def _rotate(token: str, now: datetime) -> Session | None:
    row = _locked_row(token)
    if row is None:
        return None
    if not _is_live(row, now):
        row.delete()
        return None
    digest = _digest(token)
    successor = _successor(token)
    if constant_time_compare(digest, row.digest):
        row.previous_digest, row.digest, row.rotated_at = digest, _digest(successor), now
        row.save(update_fields=["previous_digest", "digest", "rotated_at"])
        return _session(row, successor, now)
    if constant_time_compare(digest, row.previous_digest) and now - row.rotated_at <= GRACE:
        # The successor is still the newest secret, so nobody has used it yet.
        return _session(row, successor, now)
    row.delete()
    return None


def _locked_row(token: str) -> RefreshToken | None:
    """The chain `token` claims to be of. The account is locked first, as everywhere."""
    try:
        pk = uuid.UUID(token.partition(".")[0])
    except ValueError:
        return None
    user = User.objects.select_for_update(no_key=True).filter(refresh_tokens=pk).first()
    row = RefreshToken.objects.filter(pk=pk).first() if user else None
    if row and user:
        row.user = user
    return row


def _is_live(row: RefreshToken, now: datetime) -> bool:
    user = row.user
    return now < row.expires_at and user.is_active and row.generation == user.token_generation


def _is_from(row: RefreshToken, token: str) -> bool:
    digest = _digest(token)
    return any(constant_time_compare(digest, known) for known in (row.digest, row.previous_digest))


def _successor(token: str) -> str:
    mac = salted_hmac(
        "accounts.refresh_tokens", token, secret=settings.JWT_SECRET_KEY, algorithm="sha256"
    )
    secret = base64.urlsafe_b64encode(mac.digest()).rstrip(b"=").decode()
    return f"{token.partition('.')[0]}.{secret}"


def _digest(token: str) -> str:
    return hashlib.sha256(token.encode()).hexdigest()


def _session(row: RefreshToken, refresh_token: str, now: datetime) -> Session:
    return Session(
        user=row.user,
        token=get_token(row.user),
        expires_at=now + jwt_settings.JWT_EXPIRATION_DELTA,
        refresh_token=refresh_token,
        refresh_expires_at=row.expires_at,
    )
