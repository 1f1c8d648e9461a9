"""What must hold for an account; every function raises `ValidationError` with stable codes."""

import zoneinfo
from functools import cache
from typing import Any, cast

from django.contrib.auth.password_validation import validate_password
from django.core.exceptions import ValidationError
from django.db.models import Field
from django.utils.translation import gettext_lazy as _

from accounts.models import LATEST_DAY_START, Language, User

MAX_CHAT_ID = 2**52 - 1
"""Telegram's Bot API: identifiers have at most 52 significant bits; groups' are negative."""


@cache
def known_time_zones() -> frozenset[str]:
    """The IANA names of the pinned tzdata."""
    return frozenset(zoneinfo.available_timezones())


def validate_user(user: User) -> None:
    """Checks what a person says about themselves and normalises it on `user`.

    Raises `ValidationError`, all broken rules at once: `email_invalid`, `chat_id_invalid`,
    `time_zone_unknown`, `day_starts_at_out_of_range`, `language_unknown`, and a first name's
    `blank`, `invalid`, `too_long`.
    """
    errors: dict[str, ValidationError] = {}
    for name, code in (("email", "email_invalid"), ("first_name", None)):
        field = cast("Field[Any, Any]", User._meta.get_field(name))
        try:
            setattr(user, name, field.clean(getattr(user, name), user))
        except ValidationError as error:
            errors[name] = (
                ValidationError(_("This is not an e-mail address."), code=code) if code else error
            )
    if user.chat_id is not None and (user.chat_id == 0 or abs(user.chat_id) > MAX_CHAT_ID):
        errors["chat_id"] = ValidationError(
            _("This is not the id of a Telegram chat."), code="chat_id_invalid"
        )
    if user.time_zone not in known_time_zones():
        errors["time_zone"] = ValidationError(
            _("This is not a time zone: use an IANA name such as Europe/Berlin."),
            code="time_zone_unknown",
        )
    if user.day_starts_at > LATEST_DAY_START:
        errors["day_starts_at"] = ValidationError(
            _("A day starts between 00:00 and %(latest)s."),
            code="day_starts_at_out_of_range",
            params={"latest": f"{LATEST_DAY_START:%H:%M}"},
        )
    if user.language not in Language.values:
        errors["language"] = ValidationError(
            _("This language is not offered: use one of %(codes)s."),
            code="language_unknown",
            params={"codes": ", ".join(Language.values)},
        )
    if errors:
        raise ValidationError(errors)


def validate_new_password(password: str, user: User, *, field: str) -> None:
    """Holds `password` against Django's password validators, with their codes, on `field`."""
    try:
        validate_password(password, user)
    except ValidationError as error:
        raise ValidationError({field: error.error_list}) from None
