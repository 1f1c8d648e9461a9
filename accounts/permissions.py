"""Who is calling."""

from collections.abc import Mapping
from typing import Any

from django.http import HttpRequest
from strawberry.types import Info

from accounts.access_tokens import claim_of, user_of_token
from accounts.claims import NO_ANNOTATIONS, Claim
from accounts.errors import Unauthenticated
from accounts.models import User

SCHEMES = ("bearer", "jwt")


def current_user(
    info: Info, *, lock: bool = False, annotations: Mapping[str, Any] = NO_ANNOTATIONS
) -> User:
    """The live account behind the request's access token, or an `UNAUTHENTICATED` error.

    Cookies and sessions count for nothing. One request asks the database once; with `lock` it asks
    each time, for the row as it stands now, and keeps it locked until the transaction ends, so that
    one person's changes happen one after the other. What the request reads thereafter is read for
    that row. `annotations` are read with a row that is locked, as attributes of these names.
    """
    request: HttpRequest = info.context.request
    if lock or not hasattr(request, "token_user"):
        found = _authenticate(request, lock=lock, annotations=annotations)
        request.token_user = found  # type: ignore[attr-defined]  # ours
    user: User | None = request.token_user  # type: ignore[attr-defined]
    if user is None:
        raise Unauthenticated
    return user


def rely_on_claim(request: HttpRequest) -> Claim | None:
    """Lets this request read for the account that its token claims, and answers the claim.

    Nothing may be answered before that is settled; None where there is nothing to settle.
    """
    if hasattr(request, "token_user"):
        return None
    token = _token(request)
    claim = None if token is None else claim_of(token)
    request.token_user = claim and claim.user()  # type: ignore[attr-defined]  # ours
    return claim


def rely_on_nothing(request: HttpRequest) -> None:
    """Lets the database be asked for the account before anything else is, as it is by default."""
    if hasattr(request, "token_user"):
        del request.token_user


def _authenticate(
    request: HttpRequest, *, lock: bool, annotations: Mapping[str, Any]
) -> User | None:
    token = _token(request)
    if token is None:
        return None
    return user_of_token(token, lock=lock, annotations=annotations)


def _token(request: HttpRequest) -> str | None:
    scheme, _, token = request.headers.get("Authorization", "").strip().partition(" ")
    return token.strip() if scheme.lower() in SCHEMES else None
