"""Models out of values that were read, for less than the ORM takes for one."""

from collections.abc import Mapping
from typing import Any, TypeVar

from django.db import DEFAULT_DB_ALIAS
from django.db.models import Model
from django.db.models.base import ModelState

M = TypeVar("M", bound=Model)


def loaded(model: type[M], values: Mapping[str, Any]) -> M:
    """A stored instance with these attributes; other fields are read when they are asked for.

    As `Model.from_db` makes one, but for the signals of `__init__`, which nobody here receives.
    """
    instance = model.__new__(model)
    state = instance._state = ModelState()
    state.adding, state.db = False, DEFAULT_DB_ALIAS
    instance.__dict__.update(values)
    return instance
