"""A forgotten password: a one-time code for the account's chat, and a new password for the code.

A request looks for no account, and what is kept of it is the same for an address that has none: a
row, and then a code that nobody was told. So neither an answer nor its time tells who has an
account, at a request and at a guess alike. Who may get a code is decided where it is sent.
"""

import secrets
from datetime import datetime, timedelta
from typing import cast

from django.core.exceptions import ValidationError
from django.db import transaction
from django.utils.crypto import constant_time_compare, salted_hmac
from django.utils.translation import gettext_lazy as _

from accounts import refresh_tokens
from accounts.errors import problem
from accounts.models import PasswordReset, User
from accounts.signals import password_reset_requested
from accounts.validators import validate_new_password

ALPHABET = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"
"""Crockford's base 32: no I, L, O and U, which are read as other signs or as words."""

LENGTH = 8
"""Characters of a code, 5 bits each. Of the 2 ** 40 codes, `MOST_TRIES` guesses find the right one
once in 200 thousand million times, and those of a year, at 6 codes an hour, once in 4 million."""

MOST_TRIES = 5
"""Wrong guesses at one code, after which it is void."""

LIFE = timedelta(minutes=10)
"""How long a code is good, and how long after a request it may still be sent."""

_LOOKALIKES = str.maketrans({"O": "0", "I": "1", "L": "1", "-": None, " ": None})
_NOBODY = "0" * 64
"""What a guess is held against where nobody asked for a code; no digest is that."""


def request(email: str, now: datetime) -> None:
    """Notes that a code for the account `email` is wanted; it replaces what was asked before.

    What is no address is passed over: no account has it.
    """
    try:
        address = PasswordReset._meta.get_field("email").clean(email, None)
    except ValidationError:
        return
    reset = PasswordReset(email=address, requested_at=now, send_at=now)
    # The code that was sent before stays good until the new one is made.
    PasswordReset.objects.bulk_create(
        [reset],
        update_conflicts=True,
        unique_fields=["email"],
        update_fields=["requested_at", "send_at", "attempts"],
    )
    password_reset_requested.send(PasswordReset, reset=reset)


def issue(reset: PasswordReset, user: User | None, now: datetime) -> str:
    """A new code for `user`, or for nobody; it replaces the one before. Both come locked."""
    code = "".join(secrets.choice(ALPHABET) for _ in range(LENGTH))
    reset.user = user
    reset.generation = user.token_generation if user else 0
    reset.digest = _digest(reset, code)
    reset.tries, reset.expires_at = 0, now + LIFE
    reset.save()
    return f"{code[:4]}-{code[4:]}"


def redeem(email: str, code: str, now: datetime) -> PasswordReset:
    """The request that `code` was sent for, with hyphens, in lower case, or as it was.

    Raises `ValidationError` with the code `reset_code_invalid`, and counts that, for a code that is
    wrong, used, replaced or expired, and for an address that nobody asked for.
    """
    with transaction.atomic():
        reset = (
            PasswordReset.objects.select_for_update()
            .filter(email=email, expires_at__gt=now, tries__lt=MOST_TRIES)
            .first()
        )
        expected = reset.digest if reset else _NOBODY
        is_right = constant_time_compare(_digest(reset or PasswordReset(pk=0), code), expected)
        if reset and not is_right:
            reset.tries += 1
            reset.save(update_fields=["tries"])
    # Raised out here, so that a wrong guess stays counted.
    if reset is None or not is_right:
        raise _code_invalid()
    return reset


@transaction.atomic
def set_password(reset: PasswordReset, password: str, now: datetime) -> refresh_tokens.Session:
    """The new password for a redeemed code, which is used up by that; all tokens are void.

    Raises `ValidationError`: `reset_code_invalid` where the account, its tokens or the code are no
    longer what they were, or what the validators find in the password, which leaves the code good.
    """
    user_id = cast("int", reset.user_id)  # what nobody was told was not redeemed
    user = (
        User.objects.select_for_update(no_key=True)
        .filter(pk=user_id, is_active=True, token_generation=reset.generation)
        .first()
    )
    same = PasswordReset.objects.select_for_update().filter(pk=reset.pk, digest=reset.digest)
    if user is None or not same:
        raise _code_invalid()
    validate_new_password(password, user, field="password")
    user.set_password(password)
    user.save(update_fields=["password", "token_generation"])
    same.delete()
    return refresh_tokens.open_session(user, now)


def prune(now: datetime) -> int:
    """Deletes the rows whose codes can be good no more; how many."""
    rows, _counts = PasswordReset.objects.filter(requested_at__lt=now - 2 * LIFE).delete()
    return rows


def _digest(reset: PasswordReset, code: str) -> str:
    """Of a code with few bits, so that only the server's key makes one."""
    plain = code.upper().translate(_LOOKALIKES)
    salt = "accounts.password_resets"
    return salted_hmac(salt, f"{reset.pk}:{plain}", algorithm="sha256").hexdigest()


def _code_invalid() -> ValidationError:
    return problem(
        "code", "reset_code_invalid", _("This code is not right or not good any more: ask again.")
    )
