"""The product's tables, as a project of its own would declare them."""

import datetime
from typing import Any
from zoneinfo import ZoneInfo

from django.contrib.auth.models import AbstractBaseUser
from django.core.validators import MaxValueValidator, MinValueValidator
from django.db import models

from habits.days import Days
from habits.recurrence import Schedule, next_due
from habits.weekdays import weekdays_of

HABITS_PER_PERSON = 1000


class User(AbstractBaseUser):
    email = models.EmailField(unique=True)
    time_zone = models.CharField(max_length=64, default="UTC")
    day_starts_at = models.TimeField(default=datetime.time(0))
    token_generation = models.PositiveIntegerField(default=0)
    is_active = models.BooleanField(default=True)

    USERNAME_FIELD = "email"

    class Meta:
        managed = False
        db_table = "accounts_user"

    def __str__(self) -> str:
        return self.email


class Habit(models.Model):
    owner = models.ForeignKey(User, on_delete=models.CASCADE, related_name="habits")
    action = models.CharField(max_length=255)
    place = models.CharField(max_length=255)
    time = models.TimeField(null=True, blank=True)
    duration = models.PositiveSmallIntegerField(
        null=True, blank=True, validators=[MinValueValidator(1), MaxValueValidator(120)]
    )
    periodicity = models.PositiveSmallIntegerField(
        null=True, blank=True, validators=[MinValueValidator(1), MaxValueValidator(7)]
    )
    weekdays = models.PositiveSmallIntegerField(null=True, blank=True)
    starts_on = models.DateField(blank=True)
    reward = models.CharField(max_length=255, null=True, blank=True)
    related_habit = models.ForeignKey("self", on_delete=models.PROTECT, null=True, blank=True)
    is_enjoyed = models.BooleanField(default=False)
    is_public = models.BooleanField(default=False)
    next_due_at = models.DateTimeField(null=True, editable=False)
    action_folded = models.CharField(max_length=765, editable=False)
    place_folded = models.CharField(max_length=765, editable=False)
    created_at = models.DateTimeField(auto_now_add=True)
    updated_at = models.DateTimeField(auto_now=True)

    class Meta:
        managed = False
        db_table = "habits_habit"

    def __str__(self) -> str:
        return f"{self.action} ({self.place})"

    def save(self, *args: Any, **options: Any) -> None:
        self.action_folded = self.action.casefold()
        self.place_folded = self.place.casefold()
        super().save(*args, **options)

    def reschedule(self, now: datetime.datetime) -> None:
        """Sets `next_due_at`, as the product does."""
        if self.time is None:
            self.next_due_at = None
            return
        days = (
            Days(self.starts_on, self.periodicity or 1)
            if self.weekdays is None
            else Days(self.starts_on, None, weekdays_of(self.weekdays))
        )
        self.next_due_at = next_due(now, Schedule(ZoneInfo(self.owner.time_zone), self.time, days))
