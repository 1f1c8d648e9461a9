"""Tables in Django's admin that people look at and the product alone writes.

They may hold millions of rows, so a page of theirs asks nothing that reads them all: it counts to
`MOST_LISTED` and no further, and neither sorts by columns nor searches inside texts.
"""

from functools import cached_property
from typing import cast

from django.contrib import admin
from django.core.paginator import Paginator
from django.db.models import Model, QuerySet
from django.http import HttpRequest

MOST_LISTED = 5000
"""Rows that can be leafed through; filters and searches lead to others."""


class ReadOnlyAdmin(admin.ModelAdmin):
    """Shows rows, which nobody adds, changes or deletes here."""

    def has_add_permission(self, request: HttpRequest) -> bool:
        return False

    def has_change_permission(self, request: HttpRequest, obj: Model | None = None) -> bool:
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Model | None = None) -> bool:
        return False


class FirstPages(Paginator):
    """Counts no further than `MOST_LISTED`."""

    @cached_property
    def count(self) -> int:
        rows = cast("QuerySet", self.object_list)
        return rows[:MOST_LISTED].count()
