"""Access tokens, held to the claims that `accounts.access_tokens` holds them to."""

import os
import re
import time
from typing import Any

import jwt

KEY = os.environ["JWT_SECRET_KEY"]
CLAIMS = ["sub", "gen", "iat", "exp", "iss", "aud", "jti", "typ"]
CLOCKS_APART = 5
"""Seconds."""

Account = tuple[int, int]
"""A person's number and the generation of their tokens."""


class Unauthenticated(Exception):
    """No live account has this token."""


def account_of(header: str) -> Account:
    """Whom the `Authorization` header's token speaks for, if all of its claims hold."""
    scheme, _, token = header.partition(" ")
    if scheme.lower() != "bearer":
        raise Unauthenticated
    try:
        claims: dict[str, Any] = jwt.decode(
            token,
            KEY,
            algorithms=["HS256"],
            issuer="habits",
            audience="habits-api",
            options={"require": CLAIMS, "verify_iat": False},
        )
    except jwt.InvalidTokenError:
        raise Unauthenticated from None
    if type(claims["iat"]) is not int or claims["iat"] > time.time() + CLOCKS_APART:
        raise Unauthenticated
    if claims["typ"] != "access" or type(claims["gen"]) is not int:
        raise Unauthenticated
    if not re.fullmatch(r"[0-9]{1,19}", claims["sub"]):
        raise Unauthenticated
    return int(claims["sub"]), claims["gen"]
