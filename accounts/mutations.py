"""Registering, logging in and out, and changing or leaving one's account."""

from collections.abc import Callable
from typing import Annotated, cast

import strawberry
import strawberry_django
from django.contrib.auth import authenticate
from django.core.exceptions import ValidationError
from django.db import IntegrityError, transaction
from django.utils import timezone
from django.utils.translation import gettext_lazy as _
from strawberry import UNSET
from strawberry.types import Info

from accounts import password_resets, refresh_tokens, throttling
from accounts.access_tokens import user_of_token
from accounts.errors import problem
from accounts.models import User
from accounts.permissions import current_user
from accounts.signals import chat_chosen, time_zone_changed
from accounts.types import (
    ChangePasswordInput,
    ProfileInput,
    RegisterInput,
    Success,
    TokenPair,
    UserType,
)
from accounts.validators import validate_new_password, validate_user

CREDENTIAL_FIELDS = frozenset(
    {"register", "tokenAuth", "refreshToken", "changePassword", "resetPassword", "deleteAccount"}
)
"""Mutations that issue tokens or check a password: guessing must not come in bulk."""

SINGLE_FIELDS = CREDENTIAL_FIELDS | {"requestPasswordReset", "updateProfile"}
"""Those, what writes to somebody's chat, and what moves all habits of a person at once, which costs
something for each of them."""

RefreshTokenArgument = Annotated[
    str, strawberry.argument(description="The newest refresh token of the device.")
]


@strawberry.type
class Mutation:
    @strawberry_django.mutation(description="Makes an account and logs it in.")
    def register(
        self,
        info: Info,
        input: Annotated[RegisterInput, strawberry.argument(description="The new account.")],
    ) -> TokenPair:
        request, now = info.context.request, timezone.now()
        throttling.count_registration(request, now)
        given = {name: value for name, value in vars(input).items() if value is not None}
        password = given.pop("password")
        user = User(**given)
        _validate_new_account(user, password)
        user.set_password(password)
        try:
            with transaction.atomic():
                user.save(force_insert=True)
                chat_chosen.send(User, user=user, now=now)
                session = refresh_tokens.open_session(user, now)
        except IntegrityError:
            # Somebody else's call with the same address came in between.
            raise _email_taken() from None
        throttling.trust(request, user.email, now)
        return TokenPair.of(session)

    @strawberry_django.mutation(description="Logs a device in.")
    def token_auth(
        self,
        info: Info,
        email: Annotated[str, strawberry.argument(description="The account's address.")],
        password: Annotated[str, strawberry.argument(description="The account's password.")],
    ) -> TokenPair:
        request = info.context.request
        attempt = throttling.password_attempt(request, email, timezone.now())
        user = authenticate(request, username=email, password=password)
        with transaction.atomic():
            # The row as it stands now: the password may have changed while it was being checked.
            live = user and (
                User.objects.select_for_update(no_key=True)
                .filter(pk=user.pk, password=user.password, is_active=True)
                .first()
            )
            if not live:
                raise problem(
                    None, "invalid_credentials", _("The e-mail or the password is not right.")
                )
            session = refresh_tokens.open_session(live, timezone.now())
        attempt.forgive()
        return TokenPair.of(session)

    @strawberry_django.mutation(
        description="Exchanges a refresh token for a new pair. The old one is spent by that."
    )
    def refresh_token(self, info: Info, refresh_token: RefreshTokenArgument) -> TokenPair:
        now = timezone.now()
        attempt = throttling.refresh_attempt(info.context.request, refresh_token, now)
        session = refresh_tokens.rotate(refresh_token, now)
        attempt.forgive()
        return TokenPair.of(session)

    @strawberry_django.mutation(description="Tells whether an access token is good right now.")
    def verify_token(
        self,
        token: Annotated[str, strawberry.argument(description="An access token.")],
    ) -> Success:
        if user_of_token(token) is None:
            raise problem("token", "token_invalid", _("This access token is not valid any more."))
        return Success()

    @strawberry_django.mutation(description="Logs the device with this refresh token out.")
    def revoke_token(self, info: Info, refresh_token: RefreshTokenArgument) -> Success:
        now = timezone.now()
        attempt = throttling.refresh_attempt(info.context.request, refresh_token, now)
        if not refresh_tokens.revoke(refresh_token, now):
            raise problem(
                "refresh_token", "refresh_token_invalid", _("This session has ended already.")
            )
        attempt.forgive()
        return Success()

    @strawberry_django.mutation(description="Logs all devices out, this one included.")
    @transaction.atomic
    def revoke_all_tokens(self, info: Info) -> Success:
        user = current_user(info, lock=True)
        user.revoke_all_tokens()
        user.save(update_fields=["token_generation"])
        return Success()

    @strawberry_django.mutation(
        description="Changes one's profile. Habits keep their local times in a new time zone."
    )
    @transaction.atomic
    def update_profile(
        self,
        info: Info,
        input: Annotated[ProfileInput, strawberry.argument(description="What changes.")],
    ) -> UserType:
        user = current_user(info, lock=True)
        changes = {name: value for name, value in vars(input).items() if value is not UNSET}
        previous_chat, previous_zone, now = user.chat_id, user.time_zone, timezone.now()
        errors: dict[str, list[ValidationError]] = {}
        for name, value in changes.items():
            if value is None and name != "first_name":
                errors[name] = [ValidationError(_("This is required."), code="required")]
            else:
                setattr(user, name, value)
        try:
            validate_user(user)
        except ValidationError as error:
            errors.update(error.error_dict)
        if errors:
            raise ValidationError(errors)
        if user.chat_id != previous_chat:
            # A number that was typed may be a stranger's.
            user.chat_linked_at = None
        user.save(update_fields=[*changes, "chat_linked_at"])
        if "chat_id" in changes:
            chat_chosen.send(User, user=user, now=now)
        if user.time_zone != previous_zone:
            time_zone_changed.send(User, user=user, previous=previous_zone, now=now)
        return cast("UserType", user)

    @strawberry_django.mutation(
        description="Changes the password, logs all devices out and this one in again."
    )
    def change_password(
        self,
        info: Info,
        input: Annotated[
            ChangePasswordInput, strawberry.argument(description="The old and the new password.")
        ],
    ) -> TokenPair:
        with transaction.atomic():
            user = current_user(info, lock=True)
            _check_password(info, user, input.old_password, field="old_password")
            validate_new_password(input.new_password, user, field="new_password")
            user.set_password(input.new_password)
            user.save(update_fields=["password", "token_generation"])
            return TokenPair.of(refresh_tokens.open_session(user, timezone.now()))

    @strawberry_django.mutation(
        description=(
            "Sends a code for a new password to the account's private Telegram chat, if that was"
            " linked from the chat itself. The answer is the same where there is no such account or"
            " chat, or a code was sent just now."
        )
    )
    def request_password_reset(
        self,
        info: Info,
        email: Annotated[str, strawberry.argument(description="The account's address.")],
    ) -> Success:
        now = timezone.now()
        throttling.count_reset_request(info.context.request, now)
        if throttling.may_have_a_code(email, now):
            password_resets.request(email, now)
        return Success()

    @strawberry_django.mutation(
        description=(
            "Sets a new password for the code that `requestPasswordReset` sent, logs all devices"
            " out and this one in."
        )
    )
    def reset_password(
        self,
        info: Info,
        email: Annotated[str, strawberry.argument(description="The account's address.")],
        code: Annotated[
            str,
            strawberry.argument(
                description="The newest code: good once, for 10 minutes and 5 tries."
            ),
        ],
        password: Annotated[
            str,
            strawberry.argument(
                description="At least 8 characters, not a common one, not only digits."
            ),
        ],
    ) -> TokenPair:
        request, now = info.context.request, timezone.now()
        attempt = throttling.reset_attempt(request, email, now)
        reset = password_resets.redeem(email, code, now)
        attempt.forgive()
        session = password_resets.set_password(reset, password, now)
        throttling.trust(request, email, now)
        return TokenPair.of(session)

    @strawberry_django.mutation(
        description="Deletes the account with its habits, tokens and unsent reminders, for good."
    )
    @transaction.atomic
    def delete_account(
        self,
        info: Info,
        password: Annotated[str, strawberry.argument(description="The account's password.")],
    ) -> Success:
        user = current_user(info, lock=True)
        _check_password(info, user, password, field="password")
        user.delete()
        return Success()


def _validate_new_account(user: User, password: str) -> None:
    errors: dict[str, list[ValidationError]] = {}
    checks: tuple[Callable[[], None], ...] = (
        lambda: validate_user(user),
        lambda: validate_new_password(password, user, field="password"),
        lambda: _check_email_free(user),
    )
    for check in checks:
        try:
            check()
        except ValidationError as error:
            errors.update(error.error_dict)
    if errors:
        raise ValidationError(errors)


def _check_email_free(user: User) -> None:
    if User.objects.filter(email=user.email).exists():
        raise _email_taken()


def _email_taken() -> ValidationError:
    return problem("email", "email_taken", _("There is an account with this e-mail already."))


def _check_password(info: Info, user: User, password: str, *, field: str) -> None:
    attempt = throttling.password_attempt(info.context.request, user.email, timezone.now())
    if not user.check_password(password):
        raise problem(field, "wrong_password", _("This is not the account's password."))
    attempt.forgive()
