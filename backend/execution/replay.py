"""What the fields of a mutation came to, so that none of them runs twice."""

from collections.abc import Callable
from typing import Any

from graphql import GraphQLResolveInfo

Resolver = Callable[..., Any]


class Outcomes:
    """What each root field's resolver answered or raised, by its response key."""

    def __init__(self) -> None:
        self._outcomes: dict[str, Callable[[], Any]] = {}

    def record(self, key: str, resolve: Callable[[], Any]) -> Any:
        """What `resolve` answers; it is called once, whoever asks for `key` later."""
        try:
            value = resolve()
        except Exception as error:
            self.fail(key, error)
            raise
        self._outcomes[key] = lambda: value
        return value

    def fail(self, key: str, error: Exception) -> None:
        """From now on the field raises `error`."""

        def outcome() -> Any:
            raise error

        self._outcomes[key] = outcome

    def resolve(
        self, resolve: Resolver, source: Any, info: GraphQLResolveInfo, **arguments: Any
    ) -> Any:
        """As graphql-core's middleware: answers what is recorded; other fields are resolved."""
        if info.path.prev is None and info.path.key in self._outcomes:
            return self._outcomes[str(info.path.key)]()
        return resolve(source, info, **arguments)
