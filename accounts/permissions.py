"""Who is calling."""

from collections.abc import Mapping
from typing import Any

from django.http import HttpRequest
from strawberry.types import Info

from accounts.access_tokens import claim_of, user_of_token
from accounts.claims import NO_ANNOTATIONS
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
        if getattr(request, "relies_on_claims", False) and not lock:
            found = _claimed_user(request)
        else:
            found = _authenticate(request, lock=lock, annotations=annotations)
        request.token_user = found  # type: ignore[attr-defined]  # ours
    user: User | None = request.token_user  # type: ignore[attr-defined]
    if user is None:
        raise Unauthenticated
    return user


def rely_on_claims(request: HttpRequest) -> None:
    """Lets this request read for the account that its token claims: the statement that reads asks
    whether it is live. Nothing may be answered before `settle`.
    """
    request.relies_on_claims = True  # type: ignore[attr-defined]  # ours


def settle(request: HttpRequest) -> None:
    """Raises `Unauthenticated` if the request has read for an account that is not live."""
    user: User | None = getattr(request, "token_user", None)
    if user is not None and user.claim is not None:
        user.claim.settle()


def rely_on_nothing(request: HttpRequest) -> None:
    """From here on the database is asked for the account first, as it is by default."""
    if getattr(request, "relies_on_claims", False):
        request.relies_on_claims = False  # type: ignore[attr-defined]  # ours
        vars(request).pop("token_user", None)


def _claimed_user(request: HttpRequest) -> User | None:
    token = _token(request)
    claim = None if token is None else claim_of(token)
    return None if claim is None else claim.user()


def _authenticate(
    request: HttpRequest, *, lock: bool, annotations: Mapping[str, Any]
) -> User | None:
    token = _token(request)
    if token is None:
        return None
    return user_of_token(token, lock=lock, annotations=annotations)


def _token(request: HttpRequest) -> str | None:
    scheme, _, token = request.META.get("HTTP_AUTHORIZATION", "").strip().partition(" ")
    return token.strip() if scheme.lower() in SCHEMES else None
