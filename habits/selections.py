"""What a client selects, for resolvers that read more where more is asked for."""

from collections.abc import Iterable

from strawberry.types import Info
from strawberry.types.nodes import SelectedField, Selection


def is_selected(name: str, info: Info) -> bool:
    """Whether a field of that name is selected anywhere below the one that is resolved."""
    return _is_among(name, info.selected_fields)


def _is_among(name: str, selections: Iterable[Selection]) -> bool:
    return any(
        (isinstance(each, SelectedField) and each.name == name) or _is_among(name, each.selections)
        for each in selections
    )
