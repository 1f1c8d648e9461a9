"""Access tokens: short-lived, signed, and held against the live account at every request.

`claims_for` and `verified_claims` are the handlers that `GRAPHQL_JWT` names: django-graphql-jwt's
own ones require no claim and put the e-mail into the token.
"""

import datetime
import re
import uuid
from collections.abc import Mapping
from hashlib import sha256
from threading import Lock
from typing import Any

import jwt
from cachetools import LRUCache
from django.utils import timezone
from graphql_jwt.exceptions import JSONWebTokenError
from graphql_jwt.settings import jwt_settings
from graphql_jwt.utils import get_payload

from accounts.claims import NO_ANNOTATIONS, Claim
from accounts.models import User

TYPE = "access"
CLAIMS = ("sub", "gen", "iat", "exp", "iss", "aud", "jti", "typ")

CLOCKS_APART = datetime.timedelta(seconds=5)
"""How far the clock of the host that made a token may be ahead of ours."""

VERIFIED: LRUCache[bytes, tuple[int, int, int]] = LRUCache(10_000)
"""Of tokens whose signature has held, by their digests: when they end, whom they speak for, and the
generation. What does not change with time is not looked at again; whether the account is live is,
each time. An entry takes half a kilobyte."""

_lock = Lock()


def claims_for(user: User, context: object = None) -> dict[str, Any]:
    """The claims of a new token of `user`, valid from now on."""
    now = timezone.now()
    return {
        "sub": str(user.pk),
        "gen": user.token_generation,
        "iat": now,
        "exp": now + jwt_settings.JWT_EXPIRATION_DELTA,
        "iss": jwt_settings.JWT_ISSUER,
        "aud": jwt_settings.JWT_AUDIENCE,
        "jti": uuid.uuid4().hex,
        "typ": TYPE,
    }


def verified_claims(token: str, context: object = None) -> dict[str, Any]:
    """The claims of `token`; raises `jwt.InvalidTokenError` unless all are there and hold."""
    claims: dict[str, Any] = jwt.decode(
        token,
        jwt_settings.JWT_SECRET_KEY,
        algorithms=[jwt_settings.JWT_ALGORITHM],
        issuer=jwt_settings.JWT_ISSUER,
        audience=jwt_settings.JWT_AUDIENCE,
        # PyJWT's leeway for `iat` would lengthen `exp`, too.
        options={"require": list(CLAIMS), "verify_iat": False},
    )
    latest = (timezone.now() + CLOCKS_APART).timestamp()
    if type(claims["iat"]) is not int or claims["iat"] > latest:
        raise jwt.InvalidTokenError("Not issued yet")
    if claims["typ"] != TYPE:
        raise jwt.InvalidTokenError("Not an access token")
    if not re.fullmatch(r"[0-9]{1,19}", claims["sub"]) or type(claims["gen"]) is not int:
        raise jwt.InvalidTokenError("No account's token")
    return claims


def claim_of(token: str) -> Claim | None:
    """What `token` claims; None when it is not good, whatever the reason. Asks no database."""
    signed = f"{jwt_settings.JWT_SECRET_KEY} {token}"
    key = sha256(signed.encode(errors="surrogatepass")).digest()
    with _lock:
        verified = VERIFIED.get(key)
    if verified is None:
        try:
            claims = get_payload(token)
        except JSONWebTokenError:
            return None
        verified = claims["exp"], int(claims["sub"]), claims["gen"]
        with _lock:
            VERIFIED[key] = verified
    expires_at, pk, generation = verified
    return Claim(pk, generation) if timezone.now().timestamp() < expires_at else None


def user_of_token(
    token: str, *, lock: bool = False, annotations: Mapping[str, Any] = NO_ANNOTATIONS
) -> User | None:
    """The live account that `token` speaks for; None when either is not good, whatever the reason.

    With `lock` its row stays locked until the transaction ends, so that one person's changes happen
    one after the other. `annotations` are expressions that are read with it.
    """
    claim = claim_of(token)
    return None if claim is None else claim.account(lock=lock, annotations=annotations)
