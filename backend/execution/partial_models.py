"""Models of which a row holds some fields, for resolvers that say which."""

from typing import cast

from django.db import models

from accounts.sql.loading import loaded
from backend.execution.columns import Columns, Row


class PartialModel:
    """A model made of some of a row's columns, with related ones made of others."""

    def __init__(self, model: type[models.Model], prefix: str, columns: Columns) -> None:
        self.model = model
        self._prefix = prefix
        self._columns = columns
        self._places: dict[str, int] = {}
        self._related: dict[str, PartialModel] = {}
        self._behind: list[tuple[str, int, PartialModel]] = []
        """The related ones: the relation, and the place of its key."""

    def need(self, name: str) -> None:
        """The field of that name is read, or that of a related model: `related_habit__action`."""
        relation, _, rest = name.partition("__")
        if rest:
            self.related(relation).need(rest)
            return
        attribute = self.model._meta.get_field(name).attname  # type: ignore[union-attr]
        self._places[attribute] = self._columns.place(self._prefix + attribute)

    def related(self, relation: str) -> "PartialModel":
        if relation not in self._related:
            field = self.model._meta.get_field(relation)
            self.need(relation)
            model = cast("type[models.Model]", field.related_model)
            related = PartialModel(model, f"{self._prefix}{relation}__", self._columns)
            related.need(model._meta.pk.name)
            self._related[relation] = related
            self._behind.append((relation, self._places[f"{relation}_id"], related))
        return self._related[relation]

    def read(self, row: Row) -> models.Model:
        """As Django makes one that `only` has read: other fields are read when asked for."""
        instance = loaded(
            self.model, {attribute: row[place] for attribute, place in self._places.items()}
        )
        for relation, place, related in self._behind:
            known = None if row[place] is None else related.read(row)
            instance._state.fields_cache[relation] = known
        return instance
