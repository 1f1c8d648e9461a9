"""What must not run twice when graphql-core takes over: a mutation's fields, since they change
things, and what the database was asked for in vain, since it takes as long again.
"""

from collections.abc import Callable
from typing import Any

from django.db import OperationalError
from graphql import GraphQLResolveInfo

Resolver = Callable[..., Any]
Keys = tuple[str, ...]
"""The path to a field without the places in lists: a plan has one field for all of them."""


class Outcomes:
    """What the resolvers of some fields answered or raised."""

    def __init__(self) -> None:
        self._outcomes: dict[Keys, Callable[[], Any]] = {}
        self._is_cut_off = False

    def record(self, key: str, resolve: Callable[[], Any]) -> Any:
        """What `resolve` answers for a root field; it is called once, whoever asks for it later."""
        try:
            value = resolve()
        except Exception as error:
            self._fail((key,), error)
            raise
        self._outcomes[key,] = lambda: value
        return value

    def cut_off(self, keys: Keys, error: OperationalError) -> None:
        """The database did not answer the field there: wherever it stands, it raises `error`.

        The first to say so is the innermost; those around it only pass the error on.
        """
        if not self._is_cut_off:
            self._is_cut_off = True
            self._fail(keys, error)

    def _fail(self, keys: Keys, error: Exception) -> None:
        def outcome() -> Any:
            raise error

        self._outcomes[keys] = outcome

    def resolve(
        self, resolve: Resolver, source: Any, info: GraphQLResolveInfo, **arguments: Any
    ) -> Any:
        """As graphql-core's middleware: answers what is recorded; other fields are resolved."""
        keys = tuple(key for key in info.path.as_list() if isinstance(key, str))
        outcome = self._outcomes.get(keys)
        return resolve(source, info, **arguments) if outcome is None else outcome()
