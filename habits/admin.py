"""Habits in Django's admin, under the same rules as in the API."""

import datetime
import re
from collections.abc import Mapping
from typing import Any

from django import forms
from django.contrib import admin
from django.core.exceptions import PermissionDenied, ValidationError
from django.db import transaction
from django.db.models import Q, QuerySet
from django.http import HttpRequest
from django.utils import timezone
from django.utils.dates import WEEKDAYS
from django.utils.translation import gettext_lazy as _

from accounts.models import User
from accounts.read_only_admin import FirstPages, ReadOnlyAdmin
from habits.changes import Before, save_changed
from habits.days import EVERY_DAY
from habits.models import RHYTHM, CheckIn, Habit
from habits.validators import validate_deletion, validate_habit
from habits.weekdays import weekdays_of

AS_STORED = ("paused_from", "paused_until", "adopted_from_id", "rewards_others", *RHYTHM)
"""What counts as it stands under the lock, unless the form changes it."""

HABIT_NUMBER = re.compile("[0-9]{1,18}")


class HabitForm(forms.ModelForm):
    class Meta:
        model = Habit
        fields = "__all__"  # noqa: DJ007  # the admin's fieldsets name what is shown

    def clean_time(self) -> datetime.time | None:
        """In whole minutes; the admin's own clock fills in seconds."""
        time: datetime.time | None = self.cleaned_data["time"]
        return None if time is None else time.replace(second=0, microsecond=0)

    def clean_periodicity(self) -> int | None:
        """Every day where nothing is said of a new habit, as in the API."""
        periodicity: int | None = self.cleaned_data["periodicity"]
        return EVERY_DAY if periodicity is None and self.instance.pk is None else periodicity

    def _post_clean(self) -> None:
        super()._post_clean()  # type: ignore[misc]  # a hook of ModelForm that the stubs leave out
        if self.errors:
            return
        given = {name: self.cleaned_data[name] for name in self.changed_data}
        self._read_again_under_lock(given)
        self.instance.set_rhythm(given)
        today = self.instance.owner.today(timezone.now())
        try:
            validate_habit(self.instance, given=given, today=today)
        except ValidationError as error:
            self.add_error(None, error)

    def _read_again_under_lock(self, given: Mapping[str, Any]) -> None:
        """What the page and its fields had read, and do not set, may have changed since."""
        habit = self.instance
        User.objects.select_for_update(no_key=True).get(pk=habit.owner_id)
        habit.related_habit = Habit.objects.filter(pk=habit.related_habit_id).first()
        if habit.pk is None:
            return
        stored = Habit.objects.for_change().get(pk=habit.pk)
        for name in AS_STORED:
            if name not in given:
                setattr(habit, name, getattr(stored, name))


@admin.register(Habit)
class HabitAdmin(admin.ModelAdmin):
    form = HabitForm
    list_display = ("action", "place", "time", "owner", "is_enjoyed", "is_public", "next_due_at")
    list_filter = ("is_enjoyed", "is_public")
    list_select_related = ("owner",)
    search_fields = ("action", "place", "owner__email")
    autocomplete_fields = ("owner", "related_habit")
    ordering = ("-id",)
    readonly_fields = (
        *("on_weekdays", "paused_from", "paused_until"),
        *("next_due_at", "created_at", "updated_at"),
    )
    fieldsets = (
        (None, {"fields": ("owner", "action", "place", "is_enjoyed", "is_public")}),
        (
            _("Schedule"),
            {"fields": ("time", "periodicity", "on_weekdays", "starts_on", "next_due_at")},
        ),
        (_("Pause"), {"fields": ("paused_from", "paused_until")}),
        (_("Afterwards"), {"fields": ("duration", "reward", "related_habit")}),
        (_("Dates"), {"fields": ("created_at", "updated_at")}),
    )

    @admin.display(description=_("weekdays"))
    def on_weekdays(self, habit: Habit) -> str | None:
        """Only shown: a periodicity takes their place."""
        weekdays = sorted(weekdays_of(habit.weekdays or 0))
        return ", ".join(str(WEEKDAYS[each]) for each in weekdays) or None

    def get_queryset(self, request: HttpRequest) -> QuerySet[Habit]:
        return Habit.objects.with_rewards_others()

    def get_readonly_fields(self, request: HttpRequest, obj: Habit | None = None) -> Any:
        """A habit stays with its owner: rewards and reminders lean on that."""
        return self.readonly_fields if obj is None else ("owner", *self.readonly_fields)

    def has_delete_permission(self, request: HttpRequest, obj: Habit | None = None) -> bool:
        is_free = obj is None or not Habit.objects.filter(related_habit=obj).exists()
        return is_free and super().has_delete_permission(request, obj)

    def get_actions(self, request: HttpRequest) -> dict[str, Any]:
        """Without the deletion of many at once: each is judged alone, on its own page."""
        actions = super().get_actions(request)
        actions.pop("delete_selected", None)
        return actions

    @transaction.atomic
    def delete_model(self, request: HttpRequest, obj: Habit) -> None:
        """Under the same locks as in the API, in the same order."""
        User.objects.select_for_update(no_key=True).get(pk=obj.owner_id)
        try:
            validate_deletion(Habit.objects.for_change().get(pk=obj.pk))
        except ValidationError:
            raise PermissionDenied("enjoyed_habit_in_use") from None
        super().delete_model(request, obj)

    @transaction.atomic
    def save_model(
        self, request: HttpRequest, obj: Habit, form: forms.ModelForm, change: bool
    ) -> None:
        now = timezone.now()
        if change:
            before = Habit.objects.select_for_update().get(pk=obj.pk)
            save_changed(obj, Before.of(before), now)
        else:
            obj.reschedule(now)
            super().save_model(request, obj, form, change)


@admin.register(CheckIn)
class CheckInAdmin(ReadOnlyAdmin):
    list_display = ("date", "habit", "owner", "status", "note", "source", "made_at")
    list_filter = ("status", "source")
    list_select_related = ("habit__owner",)
    # Only shows the box: `get_search_results` does the work.
    search_fields = ("habit",)
    search_help_text = _("A person's e-mail address in full, or the number of a habit.")
    ordering = ("-id",)
    sortable_by = ()
    paginator = FirstPages
    show_full_result_count = False
    show_facets = admin.ShowFacets.NEVER

    @admin.display(description=_("owner"))
    def owner(self, row: CheckIn) -> User:
        return row.habit.owner

    def get_search_results(
        self, request: HttpRequest, queryset: QuerySet[CheckIn], search_term: str
    ) -> tuple[QuerySet[CheckIn], bool]:
        """Looks for habits by what has an index, then for what was said about them."""
        term = search_term.strip()
        if not term:
            return queryset, False
        known = Q(pk=int(term)) if HABIT_NUMBER.fullmatch(term) else Q(owner__email=term)
        return queryset.filter(habit__in=Habit.objects.filter(known)), False
