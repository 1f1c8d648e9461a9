"""What a client sees of an account."""

import datetime
import re
from typing import NewType, cast

import strawberry
import strawberry_django
from django.utils.translation import gettext as _
from graphql import GraphQLError
from strawberry import UNSET, relay

from accounts import models
from accounts.refresh_tokens import Session

ChatId = NewType("ChatId", int)


def _parse_chat_id(value: object) -> int:
    if isinstance(value, int) and not isinstance(value, bool):
        return value
    # Python reads no longer number; whether it is a chat's id is a validator's business.
    if isinstance(value, str) and re.fullmatch(r"-?[0-9]{1,4300}", value):
        return int(value)
    raise GraphQLError(_("A chat id is a whole number or a string of decimal digits."))


CHAT_ID_SCALAR = strawberry.scalar(
    name="ChatId",
    description=(
        "The id of a Telegram chat: a whole number of up to 52 bits, negative for groups. Taken as"
        " a JSON integer or as a string of decimal digits, answered as a JSON integer."
    ),
    serialize=int,
    parse_value=_parse_chat_id,
)

strawberry.enum(
    models.ChatStatus, description="Whether messages reach a chat, as far as the tracker knows."
)


@strawberry_django.type(models.User, name="User", description="A person, as they see themselves.")
class UserType(relay.Node):
    email: str = strawberry.field(description="The address to log in with, in lower case.")
    first_name: str | None = strawberry.field(description="How to call this person.")
    chat_id: ChatId | None = strawberry.field(
        description=(
            "The Telegram chat that gets the reminders; null for staff without one, and once the"
            " chat has said /stop."
        )
    )
    chat_status: models.ChatStatus = strawberry.field(
        description="Whether messages reach that chat."
    )
    time_zone: str = strawberry.field(description="The IANA time zone of all habits' times.")
    day_starts_at: datetime.time = strawberry.field(
        description="When a new day begins for this person; until then today is still yesterday."
    )
    language: str = strawberry.field(description="The language of messages: `en` or `ru`.")
    date_joined: datetime.datetime = strawberry.field(description="When the account was made.")


@strawberry.type(description="What a device needs to act for a person and to stay logged in.")
class TokenPair:
    token: str = strawberry.field(
        description="The access token, for the header `Authorization: Bearer <token>`."
    )
    refresh_token: str = strawberry.field(
        description="Good for one `refreshToken`, which answers its successor."
    )
    expires_at: datetime.datetime = strawberry.field(description="When the access token ends.")
    refresh_expires_at: datetime.datetime = strawberry.field(
        description="When the person has to log in again, however often the pair is refreshed."
    )
    user: UserType = strawberry.field(description="Whose tokens these are.")

    @classmethod
    def of(cls, session: Session) -> "TokenPair":
        return cls(
            token=session.token,
            refresh_token=session.refresh_token,
            expires_at=session.expires_at,
            refresh_expires_at=session.refresh_expires_at,
            user=cast("UserType", session.user),
        )


@strawberry.type(description="The call did what its name says.")
class Success:
    ok: bool = strawberry.field(default=True, description="Always true.")


@strawberry.input(description="A new account.")
class RegisterInput:
    email: str = strawberry.field(description="The address to log in with; one account each.")
    password: str = strawberry.field(
        description="At least 8 characters, not a common one, not only digits."
    )
    chat_id: ChatId = strawberry.field(description="The Telegram chat that gets the reminders.")
    time_zone: str | None = strawberry.field(
        default=None, description="An IANA name such as `Europe/Berlin`; `UTC` when absent."
    )
    day_starts_at: datetime.time | None = strawberry.field(
        default=None,
        description="Until when today is still yesterday, `00:00` to `06:00`; `00:00` when absent.",
    )
    language: str | None = strawberry.field(
        default=None, description="The language of messages, `en` or `ru`; `en` when absent."
    )
    first_name: str | None = strawberry.field(default=None, description="How to call the person.")


@strawberry.input(description="What changes in a profile; an absent field stays as it is.")
class ProfileInput:
    first_name: str | None = strawberry.field(
        default=UNSET, description="How to call the person; null removes the name."
    )
    chat_id: ChatId | None = strawberry.field(
        default=UNSET, description="The Telegram chat that gets the reminders; never null."
    )
    time_zone: str | None = strawberry.field(
        default=UNSET, description="An IANA name; habits keep their local times in it."
    )
    day_starts_at: datetime.time | None = strawberry.field(
        default=UNSET,
        description="Until when today is still yesterday, `00:00` to `06:00`; never null.",
    )
    language: str | None = strawberry.field(
        default=UNSET, description="The language of messages: `en` or `ru`."
    )


@strawberry.input(description="A new password, proven by the old one.")
class ChangePasswordInput:
    old_password: str = strawberry.field(description="The password as it is now.")
    new_password: str = strawberry.field(
        description="At least 8 characters, not a common one, not only digits."
    )
