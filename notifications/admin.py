"""The ledger and the chats in Django's admin, to read."""

from django.contrib import admin
from django.db.models import Model
from django.http import HttpRequest

from notifications.models import Chat, Reminder


class ReadOnlyAdmin(admin.ModelAdmin):
    """Shows rows that only the pipeline writes."""

    def has_add_permission(self, request: HttpRequest) -> bool:
        return False

    def has_change_permission(self, request: HttpRequest, obj: Model | None = None) -> bool:
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Model | None = None) -> bool:
        return False


@admin.register(Reminder)
class ReminderAdmin(ReadOnlyAdmin):
    list_display = ("local_date", "due_at", "state", "reason", "ambiguities", "habit", "user")
    list_filter = ("state", "reason")
    list_select_related = ("habit", "user")
    search_fields = ("user__email", "=chat_id")
    ordering = ("-id",)
    show_full_result_count = False


@admin.register(Chat)
class ChatAdmin(ReadOnlyAdmin):
    list_display = ("chat_id", "status", "reason", "since")
    list_filter = ("status",)
    search_fields = ("=chat_id",)
