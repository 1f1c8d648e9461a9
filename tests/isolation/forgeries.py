"""Access tokens that differ from a good one in one thing each; none of them may count."""

import base64
import json
from collections.abc import Callable
from typing import Any

import jwt
from django.conf import settings

from accounts.access_tokens import CLAIMS

Claims = dict[str, Any]
Forge = Callable[[str], str]

NOBODY = str(2**62)


def claims_of(token: str) -> Claims:
    claims: Claims = jwt.decode(token, options={"verify_signature": False})
    return claims


def signed(claims: Claims, *, key: str = "", algorithm: str = "HS256") -> str:
    """A token of any claims, under the server's own key unless another is given."""
    return jwt.PyJWS().encode(
        json.dumps(claims).encode(), key or settings.JWT_SECRET_KEY, algorithm
    )


def _with(**changed: Any) -> Forge:
    return lambda token: signed({**claims_of(token), **changed})


def _without(claim: str) -> Forge:
    return lambda token: signed({k: v for k, v in claims_of(token).items() if k != claim})


def _changed(claim: str, change: Callable[[Any], Any]) -> Forge:
    def forge(token: str) -> str:
        claims = claims_of(token)
        return signed({**claims, claim: change(claims[claim])})

    return forge


def _part(content: object) -> str:
    return base64.urlsafe_b64encode(json.dumps(content).encode()).rstrip(b"=").decode()


def _resigned_by_nobody(token: str) -> str:
    """Ends a year later, under the signature of the token as it was."""
    header, _, signature = token.split(".")
    claims = claims_of(token)
    return f"{header}.{_part({**claims, 'exp': claims['exp'] + 365 * 86400})}.{signature}"


def _unsigned(algorithm: str) -> Forge:
    header = _part({"alg": algorithm, "typ": "JWT"})
    return lambda token: f"{header}.{_part(claims_of(token))}."


def _under(key: str = "", algorithm: str = "HS256") -> Forge:
    return lambda token: signed(claims_of(token), key=key, algorithm=algorithm)


FORGERIES: dict[str, Forge] = {
    "no algorithm": _unsigned("none"),
    "no algorithm, in capitals": _unsigned("NONE"),
    "our algorithm without a signature": _unsigned("HS256"),
    "another signature": _resigned_by_nobody,
    "a key of one's own": _under("a key of one's own, and long enough for the algorithm"),
    "the sessions' key": _under(settings.SECRET_KEY),
    "HS384": _under(algorithm="HS384"),
    "HS512": _under(algorithm="HS512"),
    "another type": _with(typ="refresh"),
    "another issuer": _with(iss="somebody"),
    "another audience": _with(aud="another-api"),
    "ended long ago": _with(exp=1),
    "issued in an hour": _changed("iat", lambda moment: moment + 3600),
    "of nobody": _with(sub=NOBODY),
    "spaces around the subject": _changed("sub", lambda subject: f" {subject} "),
    "the next generation": _changed("gen", lambda generation: generation + 1),
    "the last generation": _changed("gen", lambda generation: generation - 1),
    "a generation in words": _changed("gen", str),
    **{f"without {claim}": _without(claim) for claim in CLAIMS},
}
