"""Who uses the tracker, the refresh tokens of their devices, and forgotten passwords."""

import datetime
import logging
import uuid
from collections.abc import Iterable
from typing import TYPE_CHECKING, Any, ClassVar
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from django.contrib.auth.models import AbstractBaseUser, BaseUserManager, PermissionsMixin
from django.db import models, transaction
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from accounts.errors import Unauthenticated
from accounts.fields import LineField, LowerCaseEmailField
from accounts.signals import account_deleting

if TYPE_CHECKING:
    from accounts.claims import Claim

logger = logging.getLogger(__name__)

MIDNIGHT = datetime.time(0)
LATEST_DAY_START = datetime.time(6)


class Language(models.TextChoices):
    """The languages that messages come in."""

    ENGLISH = "en", "English"
    RUSSIAN = "ru", "Русский"


class ChatStatus(models.TextChoices):
    """Whether messages reach a person's chat, as far as the tracker knows."""

    OK = "ok", _("reachable")
    UNREACHABLE = "unreachable", _("unreachable")
    STOPPED = "stopped", _("stopped by the chat")


class UserManager(BaseUserManager["User"]):
    """Makes people whose password is hashed; used by `csu`, the admin and tests."""

    def create_user(self, email: str, password: str | None = None, **fields: Any) -> "User":
        user = self.model(email=email, **fields)
        user.set_password(password)
        user.save(using=self._db)
        return user

    def create_superuser(self, email: str, password: str | None = None, **fields: Any) -> "User":
        return self.create_user(email, password, is_staff=True, is_superuser=True, **fields)


class User(AbstractBaseUser, PermissionsMixin):
    """A person who logs in by e-mail and is reminded in a Telegram chat.

    Until `day_starts_at`, wall-clock time in the person's zone, today is still yesterday.
    `token_generation` is written into every token; one step of it makes all earlier tokens void.
    With a `claim`, no more than the account's number is known until something else is asked for.
    """

    claim: "Claim | None" = None

    email = LowerCaseEmailField(_("e-mail"), unique=True)
    first_name = LineField(_("first name"), max_length=150, null=True, blank=True)
    # Telegram's ids are signed and have up to 52 significant bits. Staff may have no chat.
    chat_id = models.BigIntegerField(_("Telegram chat"), null=True, blank=True, db_index=True)
    # Kept by `notifications`, which knows the chats; shown by `me`.
    chat_status = models.CharField(
        _("chat status"), max_length=16, choices=ChatStatus, default=ChatStatus.OK, editable=False
    )
    # When the chat itself said that it belongs to this person; NULL for a number that was typed.
    chat_linked_at = models.DateTimeField(null=True, blank=True, editable=False)
    time_zone = models.CharField(_("time zone"), max_length=64, default="UTC")
    day_starts_at = models.TimeField(_("day starts at"), default=MIDNIGHT, db_default=MIDNIGHT)
    language = models.CharField(
        _("language"), max_length=8, choices=Language, default=Language.ENGLISH
    )
    token_generation = models.PositiveIntegerField(default=0, editable=False)
    is_active = models.BooleanField(_("active"), default=True)
    is_staff = models.BooleanField(_("staff"), default=False)
    date_joined = models.DateTimeField(_("joined"), default=timezone.now, editable=False)

    USERNAME_FIELD = "email"
    REQUIRED_FIELDS: ClassVar[list[str]] = []

    objects = UserManager()

    class Meta:
        verbose_name = _("user")
        verbose_name_plural = _("users")
        constraints = [
            models.CheckConstraint(
                name="user_day_starts_early",
                condition=models.Q(day_starts_at__lte=LATEST_DAY_START),
            ),
        ]

    def __str__(self) -> str:
        return self.email

    def refresh_from_db(
        self,
        using: str | None = None,
        fields: Iterable[str] | None = None,
        from_queryset: Any = None,
    ) -> None:
        """As Django's; what a claim has left open is read at once, if the account is live.

        Raises `Unauthenticated`.
        """
        if self.claim is None:
            super().refresh_from_db(using=using, fields=fields, from_queryset=from_queryset)
            return
        account = self.claim.account()
        if account is None:
            raise Unauthenticated
        self.__dict__.update(account.__dict__)

    @property
    def zone(self) -> ZoneInfo:
        """The time zone in which this person's habits have their times."""
        return zone_named(self.time_zone)

    def local_date(self, now: datetime.datetime) -> datetime.date:
        """The calendar's date in this person's zone."""
        return now.astimezone(self.zone).date()

    def today(self, now: datetime.datetime) -> datetime.date:
        """The date that this person means by today: until their day starts, the one before."""
        local = now.astimezone(self.zone)
        if local.time() >= self.day_starts_at:
            return local.date()
        # Not the date less one: a zone may have skipped that one as a whole.
        midnight = datetime.datetime.combine(local.date(), MIDNIGHT, self.zone)
        return self.local_date(midnight.astimezone(datetime.UTC) - datetime.timedelta.resolution)

    def set_password(self, raw_password: str | None) -> None:
        """Replaces the password; tokens made under the old one are void once this is saved."""
        super().set_password(raw_password)
        self.revoke_all_tokens()

    def set_unusable_password(self) -> None:
        """Takes the password away; tokens made under it are void once this is saved."""
        super().set_unusable_password()
        self.revoke_all_tokens()

    def delete(self, *args: Any, **options: Any) -> tuple[int, dict[str, int]]:
        """Deletes the account with all that belongs to it; the apps above hear of it first."""
        with transaction.atomic():
            # Locked as in every change to a person's things: person, habits, ledger rows.
            User.objects.select_for_update(no_key=True).filter(pk=self.pk).first()
            pk = self.pk
            account_deleting.send(User, user=self)
            total, counts = super().delete(*args, **options)
            transaction.on_commit(
                lambda: logger.info("account_deleted user=%s rows=%s", pk, counts)
            )
            return total, counts

    def revoke_all_tokens(self) -> None:
        """Voids all tokens of this person once this is saved."""
        self.token_generation += 1


class RefreshToken(models.Model):
    """A device's log-in: one row, whose secret moves on each time the device refreshes.

    Only digests are kept. `digest` is that of the newest secret, `previous_digest` that of the one
    before, which is still honoured for a moment after `rotated_at`.
    """

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    user = models.ForeignKey(User, on_delete=models.CASCADE, related_name="refresh_tokens")
    generation = models.PositiveIntegerField()
    digest = models.CharField(max_length=64)
    previous_digest = models.CharField(max_length=64, default="", blank=True)
    rotated_at = models.DateTimeField()
    expires_at = models.DateTimeField()

    def __str__(self) -> str:
        return str(self.id)


class PasswordReset(models.Model):
    """Somebody asked for a new password of the account with this address, if there is one.

    One row for each address, which lives for minutes: known and unknown ones are kept alike, so
    that nobody can tell them apart. `digest` is that of the newest code; where no code may be sent,
    of one that nobody was told. `send_at` is when a code is to be sent, NULL once that is settled;
    `attempts` counts the sends that began, `tries` the wrong guesses at the newest code.
    """

    email = LowerCaseEmailField(unique=True)
    requested_at = models.DateTimeField()
    send_at = models.DateTimeField(null=True)
    attempts = models.PositiveSmallIntegerField(default=0)
    user = models.ForeignKey(User, on_delete=models.CASCADE, null=True, related_name="+")
    generation = models.PositiveIntegerField(default=0)
    digest = models.CharField(max_length=64, default="")
    tries = models.PositiveSmallIntegerField(default=0)
    expires_at = models.DateTimeField(null=True)

    def __str__(self) -> str:
        return str(self.pk)


def zone_named(name: str) -> ZoneInfo:
    """The zone of that IANA name; UTC for one that the pinned tzdata has dropped.

    One person's lost zone must not keep a planner from everybody else's habits.
    """
    try:
        return ZoneInfo(name)
    except ZoneInfoNotFoundError:
        logger.exception("time_zone_lost name=%s", name)
        return ZoneInfo("UTC")
