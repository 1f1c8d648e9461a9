"""The ledger and the chats in Django's admin, to read.

The ledger has no hierarchy of dates, which would look for the first and the last one.
"""

import datetime
import re
from typing import Any

from django.contrib import admin
from django.db.models import Q, QuerySet
from django.http import HttpRequest
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from accounts.models import User
from accounts.read_only_admin import FirstPages, ReadOnlyAdmin
from notifications.models import REASONS, Chat, Reminder

CHAT_NUMBER = re.compile("-?[0-9]{1,16}")


class ReasonFilter(admin.SimpleListFilter):
    """By reason. The states that have it are named, too, because they have an index."""

    title = _("reason")
    parameter_name = "reason"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, Any]]:
        return [(reason.value, reason.label) for reasons in REASONS.values() for reason in reasons]

    def queryset(self, request: HttpRequest, queryset: QuerySet) -> QuerySet:
        states = [state for state, reasons in REASONS.items() if self.value() in reasons]
        return queryset.filter(state__in=states, reason=self.value()) if states else queryset


class AmbiguousFilter(admin.SimpleListFilter):
    """Whether a send of it had an outcome that nobody learned."""

    title = _("ambiguous")
    parameter_name = "ambiguous"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, Any]]:
        return [("yes", _("Yes")), ("no", _("No"))]

    def queryset(self, request: HttpRequest, queryset: QuerySet) -> QuerySet:
        match self.value():
            case "yes":
                return queryset.filter(ambiguities__gt=0)
            case "no":
                return queryset.filter(ambiguities=0)
        return queryset


@admin.register(Reminder)
class ReminderAdmin(ReadOnlyAdmin):
    list_display = (
        "local_date",
        "state",
        "reason",
        "due_at",
        "ended_at",
        "lag",
        "attempts",
        "ambiguities",
        "chat_id",
        "user",
    )
    list_filter = ("state", ReasonFilter, AmbiguousFilter)
    list_select_related = ("user",)
    # Only shows the box: `get_search_results` does the work.
    search_fields = ("user",)
    search_help_text = _("A person's e-mail address, or the number of their chat, in full.")
    ordering = ("-id",)
    sortable_by = ()
    paginator = FirstPages
    show_full_result_count = False
    show_facets = admin.ShowFacets.NEVER

    @admin.display(description=_("lag"))
    def lag(self, row: Reminder) -> datetime.timedelta | None:
        """From when it was due to its end, or to now; in whole seconds, None before it is due."""
        late = (row.ended_at or timezone.now()) - row.due_at
        is_due = late >= datetime.timedelta(0)
        return datetime.timedelta(seconds=round(late.total_seconds())) if is_due else None

    def get_search_results(
        self, request: HttpRequest, queryset: QuerySet, search_term: str
    ) -> tuple[QuerySet, bool]:
        """Looks for people by what has an index, then for their rows."""
        term = search_term.strip()
        if not term:
            return queryset, False
        known = Q(email=term)
        if CHAT_NUMBER.fullmatch(term):
            known |= Q(chat_id=int(term))
        people = User.objects.filter(known)
        return queryset.filter(user__in=people), False


@admin.register(Chat)
class ChatAdmin(ReadOnlyAdmin):
    list_display = ("chat_id", "status", "reason", "since")
    list_filter = ("status",)
    search_fields = ("=chat_id",)
