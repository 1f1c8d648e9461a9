"""What a document may ask for: the settings' limits, held against what was measured."""

from collections.abc import Iterable

from django.conf import settings
from django.utils.translation import gettext as _
from django.utils.translation import pgettext_lazy

from accounts.errors import ApiError
from backend.measure import Measurement, Size

NAMES = {
    "tokens": pgettext_lazy("limit", "tokens"),
    "operations": pgettext_lazy("limit", "operations"),
    "fragments": pgettext_lazy("limit", "fragments"),
    "directives on one node": pgettext_lazy("limit", "directives on one node"),
    "directives": pgettext_lazy("limit", "directives"),
    "levels": pgettext_lazy("limit", "levels"),
    "fields at the root": pgettext_lazy("limit", "fields at the root"),
    "fields that issue tokens, check a password or change a profile": pgettext_lazy(
        "limit", "fields that issue tokens, check a password or change a profile"
    ),
    "aliases": pgettext_lazy("limit", "aliases"),
    "fields": pgettext_lazy("limit", "fields"),
    "fields in all rows of its pages": pgettext_lazy("limit", "fields in all rows of its pages"),
}
"""The limits by the names that `extensions` give them, which are the same in every language."""


class QueryTooComplex(ApiError):
    """A document asks for more than a limit allows; `extensions` name it and give both numbers."""

    code = "QUERY_TOO_COMPLEX"

    def __init__(self, limit: str, value: int, maximum: int, *, at_least: bool = False) -> None:
        if at_least:
            text = _("The document has at least %(value)d %(name)s; the limit is %(maximum)d.")
        else:
            text = _("The document has %(value)d %(name)s; the limit is %(maximum)d.")
        super().__init__(
            text % {"value": value, "name": NAMES[limit], "maximum": maximum},
            limit=limit,
            value=value,
            maximum=maximum,
        )


def check_limits(measured: Measurement) -> None:
    """Raises `QueryTooComplex` for the first limit that is passed whatever the variables are."""
    operations = measured.operations
    everything = [*operations, *measured.fragments.values()]
    for limit, value, maximum in (
        ("operations", len(operations), settings.LIMIT_OPERATIONS),
        ("fragments", len(measured.fragments), settings.LIMIT_FRAGMENTS),
        ("directives on one node", measured.directives_of_a_node, settings.LIMIT_NODE_DIRECTIVES),
        ("directives", measured.directives, settings.LIMIT_DIRECTIVES),
        ("levels", _most(everything, "depth"), settings.LIMIT_DEPTH),
        ("fields at the root", _most(operations, "root_fields"), settings.LIMIT_ROOT_FIELDS),
        (
            "fields that issue tokens, check a password or change a profile",
            _most(operations, "single_fields"),
            settings.LIMIT_CREDENTIAL_FIELDS,
        ),
        ("aliases", _most(everything, "aliases"), settings.LIMIT_ALIASES),
        # What stands in the text counts where it is never reached, too: validation reads it.
        (
            "fields",
            max(_most(everything, "fields"), measured.fields_in_text),
            settings.LIMIT_FIELDS,
        ),
    ):
        if value > maximum:
            raise QueryTooComplex(limit, value, maximum)


def check_cost(measured: Measurement) -> None:
    """Raises `QueryTooComplex` where pages of the measured lengths hold too much."""
    cost = _most(measured.operations, "cost")
    if cost > settings.LIMIT_COST:
        raise QueryTooComplex("fields in all rows of its pages", cost, settings.LIMIT_COST)


def _most(sizes: Iterable[Size], name: str) -> int:
    return max((getattr(size, name) for size in sizes), default=0)
