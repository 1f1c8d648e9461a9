"""The reminder ledger, what is known of chats and came from them, and the bot's pace."""

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from accounts.models import ChatStatus, Language
from habits.models import Habit


class State(models.TextChoices):
    """Where a reminder stands. The last four are ends: nothing moves on from them by itself."""

    PENDING = "pending", _("pending")
    SENDING = "sending", _("on its way")
    SENT = "sent", _("sent")
    FAILED = "failed", _("failed")
    CANCELLED = "cancelled", _("cancelled")
    EXPIRED = "expired", _("expired")


class Reason(models.TextChoices):
    """Why a reminder ended, or why it waits."""

    NONE = "", ""
    HABIT_DELETED = "habit_deleted", _("the habit was deleted")
    NOT_DUE = "not_due", _("its date is no longer due")
    ACCOUNT_DISABLED = "account_disabled", _("the account is disabled")
    NO_CHAT = "no_chat", _("the account has no chat")
    CHECKED_IN = "checked_in", _("already checked in")
    CHAT_UNREACHABLE = "chat_unreachable", _("the chat cannot be reached")
    CHAT_STOPPED = "chat_stopped", _("the chat said stop")
    REJECTED = "rejected", _("Telegram refused the message")
    TOO_LATE = "too_late", _("the catch-up window passed")
    AMBIGUOUS = "ambiguous", _("it may have been delivered")
    BROKEN = "broken", _("it could not be built or sent, again and again")


REASONS = {
    State.FAILED: (
        Reason.NO_CHAT,
        Reason.CHAT_UNREACHABLE,
        Reason.CHAT_STOPPED,
        Reason.REJECTED,
        Reason.AMBIGUOUS,
        Reason.BROKEN,
    ),
    State.CANCELLED: (
        Reason.HABIT_DELETED,
        Reason.NOT_DUE,
        Reason.ACCOUNT_DISABLED,
        Reason.CHECKED_IN,
    ),
    State.EXPIRED: (Reason.TOO_LATE,),
}
"""Which ends have which reasons; a sent reminder has none."""


class Reminder(models.Model):
    """One occurrence's message: one row for each habit and local date, whatever happens.

    `token` grows with each send that begins, so that a sender whose lease ran out cannot write over
    its successor. `round` grows when the person asks for the message again later: at most one in a
    round. `attempts` counts sends that began, `breaks` those that broke before, and `ambiguities`
    those whose outcome nobody learned. `chat_slot_at` is when its chat awaits it, `ended_at` when
    it came to its end, and `is_counted` says that its end stands in the totals.
    """

    # The receiver of `habit_deleting` clears it.
    habit = models.ForeignKey(
        Habit,
        on_delete=models.DO_NOTHING,
        related_name="reminders",
        null=True,
        verbose_name=_("habit"),
        db_index=False,  # the index of `reminder_once_per_occurrence` begins with it
    )
    user = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        on_delete=models.CASCADE,
        related_name="reminders",
        verbose_name=_("user"),
        # Vouched for by the habit's own key, as its owner never changes: to look it up for each
        # row once more would take a tenth of the planning.
        db_constraint=False,
    )
    local_date = models.DateField(_("local date"))
    due_at = models.DateTimeField(_("due at"))
    not_before = models.DateTimeField(_("not before"))
    state = models.CharField(
        _("state"), max_length=16, choices=State, default=State.PENDING, db_default=State.PENDING
    )
    reason = models.CharField(
        _("reason"),
        max_length=32,
        choices=Reason,
        default=Reason.NONE,
        db_default=Reason.NONE,
        blank=True,
    )
    attempts = models.PositiveSmallIntegerField(_("attempts"), default=0, db_default=0)
    breaks = models.PositiveSmallIntegerField(_("breaks"), default=0, db_default=0)
    ambiguities = models.PositiveSmallIntegerField(_("ambiguities"), default=0, db_default=0)
    token = models.PositiveIntegerField(_("token"), default=0, db_default=0)
    round = models.PositiveSmallIntegerField(_("round"), default=0, db_default=0)
    lease_until = models.DateTimeField(_("lease until"), null=True)
    chat_slot_at = models.DateTimeField(_("chat slot at"), null=True)
    chat_id = models.BigIntegerField(_("sent to chat"), null=True)
    message_id = models.BigIntegerField(_("Telegram's message"), null=True)
    ended_at = models.DateTimeField(_("ended at"), null=True)
    # The database's own default, too: planners of the release before insert rows without it.
    is_counted = models.BooleanField(default=False, db_default=False, editable=False)
    created_at = models.DateTimeField(_("created at"), auto_now_add=True)

    class Meta:
        verbose_name = _("reminder")
        verbose_name_plural = _("reminders")
        constraints = [
            models.UniqueConstraint(
                fields=["habit", "local_date"], name="reminder_once_per_occurrence"
            ),
        ]
        indexes = [
            models.Index(
                fields=["not_before", "id"],
                name="reminder_waiting",
                condition=Q(state=State.PENDING),
            ),
            models.Index(
                fields=["lease_until"],
                name="reminder_leased",
                condition=Q(state=State.SENDING),
            ),
            models.Index(
                fields=["ended_at"], name="reminder_ended", condition=Q(ended_at__isnull=False)
            ),
            models.Index(
                fields=["id", "state", "reason"],
                name="reminder_uncounted",
                condition=Q(ended_at__isnull=False, is_counted=False),
            ),
            # What somebody looks for among millions that were sent.
            models.Index(
                fields=["state", "id"],
                name="reminder_unsent",
                condition=Q(state__in=(State.FAILED, State.CANCELLED, State.EXPIRED)),
            ),
            models.Index(fields=["id"], name="reminder_ambiguous", condition=Q(ambiguities__gt=0)),
        ]

    def __str__(self) -> str:
        return f"{self.local_date} {self.state}"


class Chat(models.Model):
    """A Telegram chat. What it said outlives the accounts that registered with its number.

    `last_slot_at` is when it was last written to, `next_slot_at` the first moment promised to
    nobody yet. A group that became a supergroup goes on as the chat `moved_to`.
    """

    chat_id = models.BigIntegerField(_("chat id"), primary_key=True)
    status = models.CharField(_("status"), max_length=16, choices=ChatStatus, default=ChatStatus.OK)
    reason = models.CharField(_("reason"), max_length=255, default="", blank=True)
    since = models.DateTimeField(_("since"), null=True)
    last_slot_at = models.DateTimeField(_("last slot at"), null=True)
    next_slot_at = models.DateTimeField(_("next slot at"), null=True)
    moved_to = models.BigIntegerField(_("moved to"), null=True, db_index=True)

    class Meta:
        verbose_name = _("chat")
        verbose_name_plural = _("chats")

    def __str__(self) -> str:
        return str(self.chat_id)


class Bot(models.Model):
    """The bot's pace, shared by all senders: one row."""

    PK = 1

    next_slot_at = models.DateTimeField(null=True)
    paused_until = models.DateTimeField(null=True)

    def __str__(self) -> str:
        return "the bot"


class Kind(models.TextChoices):
    """What an update tells."""

    MESSAGE = "message"
    PRESS = "press"
    MEMBERSHIP = "membership"
    MIGRATION = "migration"


class Update(models.Model):
    """What somebody did in Telegram, once, whatever is repeated; without what people wrote.

    `language` is the one to answer in who has no account. Of a message that is a command `command`
    is its name, and `digest` that of what came with it, as this may be the token of a link. A press
    has `callback_id`, `message_id` and `data`; a membership the bot's new `status`; a migration the
    group's new number as `data`. The row is nobody else's until `lease_until`; `chat_slot_at` is
    when its chat awaits the next message of the answer, of which so many were `sent`.
    """

    update_id = models.BigIntegerField(primary_key=True)
    kind = models.CharField(max_length=16, choices=Kind)
    # A press of a message that was sent through an inline query tells no chat.
    chat_id = models.BigIntegerField(null=True)
    is_private = models.BooleanField(default=False)
    language = models.CharField(max_length=8, choices=Language, default=Language.ENGLISH)
    command = models.CharField(max_length=32, default="", blank=True)
    digest = models.CharField(max_length=64, default="", blank=True, editable=False)
    callback_id = models.CharField(max_length=64, default="", blank=True)
    message_id = models.BigIntegerField(null=True)
    data = models.CharField(max_length=64, default="", blank=True)
    status = models.CharField(max_length=16, default="", blank=True)
    sent = models.PositiveSmallIntegerField(default=0)
    received_at = models.DateTimeField()
    handled_at = models.DateTimeField(null=True)
    attempts = models.PositiveSmallIntegerField(default=0)
    lease_until = models.DateTimeField(null=True)
    chat_slot_at = models.DateTimeField(null=True)

    class Meta:
        indexes = [
            models.Index(
                fields=["chat_id", "update_id"],
                name="update_waiting",
                condition=Q(handled_at__isnull=True),
            ),
            models.Index(fields=["chat_id", "received_at"], name="update_of_chat"),
            models.Index(fields=["received_at"], name="update_received"),
        ]

    def __str__(self) -> str:
        return f"{self.update_id} {self.kind}"


class TelegramLink(models.Model):
    """The link by which a person brings a chat to their account: the newest, for one use.

    Only the digest of its token is kept. `used_by` is the number of the update that used it.
    """

    user = models.OneToOneField(
        settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="telegram_link"
    )
    digest = models.CharField(max_length=64, unique=True)
    expires_at = models.DateTimeField(db_index=True)
    used_by = models.BigIntegerField(null=True)

    class Meta:
        verbose_name = _("link to Telegram")
        verbose_name_plural = _("links to Telegram")

    def __str__(self) -> str:
        return f"until {self.expires_at}"


class Tally(models.Model):
    """A part of a total: `totals` adds rows, and folds those of one name and reason into one."""

    name = models.CharField(max_length=16)
    reason = models.CharField(max_length=32, default="", blank=True)
    value = models.BigIntegerField()

    class Meta:
        verbose_name_plural = "tallies"

    def __str__(self) -> str:
        return f"{self.name} {self.reason} {self.value}"


class LastTick(models.Model):
    """When the newest tick came to its end, and how many seconds it took: one row."""

    PK = 1

    ended_at = models.DateTimeField()
    seconds = models.FloatField()

    def __str__(self) -> str:
        return "the last tick"
