"""People in Django's admin."""

from collections.abc import Sequence

from django import forms
from django.contrib import admin
from django.contrib.auth.admin import UserAdmin as DjangoUserAdmin
from django.contrib.auth.forms import AdminUserCreationForm, UserChangeForm
from django.core.exceptions import ValidationError
from django.db import transaction
from django.db.models import QuerySet
from django.http import HttpRequest
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from accounts.models import User
from accounts.signals import chat_chosen, time_zone_changed
from accounts.validators import validate_user


class _RulesMixin:
    """Holds the form's account against the rules that the API has."""

    instance: User

    def _post_clean(self) -> None:
        super()._post_clean()  # type: ignore[misc]  # a ModelForm follows in the order of bases
        try:
            validate_user(self.instance)
        except ValidationError as error:
            self._update_errors(error)  # type: ignore[attr-defined]

    def _get_validation_exclusions(self) -> set[str]:
        """The rules above say by field what the constraint would say by its name."""
        exclusions: set[str] = super()._get_validation_exclusions()  # type: ignore[misc]  # the same
        return exclusions | {"day_starts_at"}


class NewUserForm(_RulesMixin, AdminUserCreationForm):
    class Meta:
        model = User
        fields = ("email",)


class UserForm(_RulesMixin, UserChangeForm):
    class Meta:
        model = User
        fields = "__all__"  # the fieldsets below name what is shown


@admin.register(User)
class UserAdmin(DjangoUserAdmin):
    form = UserForm
    add_form = NewUserForm
    list_display = ("email", "first_name", "chat_id", "chat_status", "time_zone", "is_active")
    list_filter = ("is_active", "is_staff", "chat_status", "language")
    search_fields = ("email", "first_name", "=chat_id")
    ordering = ("-id",)
    readonly_fields = ("chat_status", "date_joined", "last_login")
    filter_horizontal = ()
    fieldsets = (
        (None, {"fields": ("email", "password", "first_name")}),
        (
            _("Reminders"),
            {"fields": ("chat_id", "chat_status", "time_zone", "day_starts_at", "language")},
        ),
        (_("Access"), {"fields": ("is_active", "is_staff", "is_superuser")}),
        (_("Dates"), {"fields": ("date_joined", "last_login")}),
    )
    add_fieldsets = (
        (None, {"fields": ("email", "usable_password", "password1", "password2")}),
        (_("Reminders"), {"fields": ("chat_id", "time_zone", "day_starts_at", "language")}),
    )

    @transaction.atomic
    def save_model(
        self, request: HttpRequest, obj: User, form: forms.ModelForm, change: bool
    ) -> None:
        now = timezone.now()
        before = User.objects.select_for_update(no_key=True).get(pk=obj.pk) if change else User()
        # What the form does not change may have changed since it read the row.
        changed = list(form.changed_data)
        if before.is_active and not obj.is_active:
            # Enabled again, the account does not bring its old tokens back to life.
            obj.token_generation = before.token_generation + 1
            changed.append("token_generation")
        if obj.chat_id != before.chat_id:
            # A number that was typed may be a stranger's.
            obj.chat_linked_at = None
            changed.append("chat_linked_at")
        obj.save(update_fields=changed if change else None)
        if obj.chat_id != before.chat_id:
            chat_chosen.send(User, user=obj, now=now)
        if change and obj.time_zone != before.time_zone:
            time_zone_changed.send(User, user=obj, previous=before.time_zone, now=now)

    def get_deleted_objects(
        self, objs: Sequence[User] | QuerySet[User], request: HttpRequest
    ) -> tuple[list[str], dict[str, int], set[str], list[str]]:
        """Whoever may delete a person may delete what goes with them, the ledger's rows too."""
        listed, counts, _not_alone, protected = super().get_deleted_objects(objs, request)
        return listed, counts, set(), protected

    def delete_queryset(self, request: HttpRequest, queryset: QuerySet[User]) -> None:
        """One by one, so that the apps above hear of each."""
        for user in queryset:
            user.delete()
