"""Who is calling."""

from django.http import HttpRequest
from strawberry.types import Info

from accounts.access_tokens import user_of_token
from accounts.errors import Unauthenticated
from accounts.models import User

SCHEMES = ("bearer", "jwt")


def current_user(info: Info, *, lock: bool = False) -> User:
    """The live account behind the request's access token, or an `UNAUTHENTICATED` error.

    Cookies and sessions count for nothing. One request asks the database once; with `lock` it asks
    each time, for the row as it stands now, and keeps it locked until the transaction ends. What
    the request reads thereafter is read for that row.
    """
    request: HttpRequest = info.context.request
    if lock or not hasattr(request, "token_user"):
        request.token_user = _authenticate(request, lock=lock)  # type: ignore[attr-defined]  # ours
    user: User | None = request.token_user  # type: ignore[attr-defined]
    if user is None:
        raise Unauthenticated
    return user


def _authenticate(request: HttpRequest, *, lock: bool = False) -> User | None:
    scheme, _, token = request.headers.get("Authorization", "").strip().partition(" ")
    if scheme.lower() not in SCHEMES:
        return None
    return user_of_token(token.strip(), lock=lock)
