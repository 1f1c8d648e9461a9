"""Documents, read once: parsed, held against the limits, validated, remembered by their text,
unless it may hold a secret.

The language is a part of what they are remembered by, since errors are worded when they are found.
"""

import sys
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cache
from threading import Lock

from cachetools import LRUCache, cached
from django.conf import settings
from django.utils.translation import get_language
from django.utils.translation import gettext as _
from graphql import (
    DocumentNode,
    GraphQLError,
    GraphQLObjectType,
    GraphQLSchema,
    GraphQLSyntaxError,
    IntValueNode,
    parse,
    specified_rules,
    validate,
)
from strawberry.schema.validation_rules.maybe_null import MaybeNullValidationRule
from strawberry.schema.validation_rules.one_of import OneOfInputValidationRule

from backend.execution.plans import MOST_PLANS
from backend.introspection import IntrospectionRule
from backend.lengths import DATE, PAGE_ARGUMENTS
from backend.limits import QueryTooComplex, check_cost, check_limits
from backend.measure import Measurement, defaults

RULES = (
    *specified_rules,
    # Those that Strawberry adds to them.
    MaybeNullValidationRule,
    OneOfInputValidationRule,
    *(() if settings.DEBUG else (IntrospectionRule,)),
)

CACHE_BYTES = 16 * 1024 * 1024
BYTES_OF_A_CHARACTER = 260
"""What graphql-core's tokens and nodes take at most for one, as measured with 3.2."""
BYTES_OF_A_PLAN = 360
"""What the functions of a compiled operation take at most, for each character of its text."""
BYTES_OF_AN_ENTRY = 4 * 1024
"""What an entry counts beside its text: it bounds their number."""

COSTS_OF_A_DOCUMENT = 100
"""So many are remembered: as many as a page's length has values."""

HIGHEST_KEPT = 2**31


@dataclass(frozen=True, slots=True)
class Document:
    """What every request with the same text and language finds: what to run, or why it is not run.

    `length_variables` are those that say how long lists are, with the values that they have by
    default; of some values that requests gave them `costs` knows what the document is refused for
    with them, if it is. Nothing else of a request is in it. `footprint` is in bytes.
    """

    footprint: int
    node: DocumentNode | None = None
    errors: tuple[GraphQLError, ...] = ()
    length_variables: Mapping[str, object] = field(default_factory=dict)
    costs: dict[tuple[object, ...], GraphQLError | None] = field(default_factory=dict)

    def refusals(
        self, schema: GraphQLSchema, variables: Mapping[str, object]
    ) -> list[GraphQLError]:
        """What the document is not run for with these variables; nothing where it is."""
        if self.node is None or not self.length_variables:
            return list(self.errors)
        lengths = {
            name: variables.get(name, by_default)
            for name, by_default in self.length_variables.items()
        }
        error = _refusal(self, self.node, _page_fields(schema), lengths)
        return list(self.errors) if error is None else [*self.errors, error]


def _refusal(
    document: Document,
    node: DocumentNode,
    page_fields: frozenset[str],
    lengths: Mapping[str, object],
) -> GraphQLError | None:
    """What the document is refused for with lists of these lengths; None: it is not."""
    values = tuple(lengths.values())
    is_kept = all(map(_is_length, values))
    if is_kept and values in document.costs:
        return document.costs[values]
    try:
        check_cost(Measurement(node, page_fields, lengths))
        error = None
    except QueryTooComplex as refusal:
        error = _bare(refusal)
    if is_kept and len(document.costs) < COSTS_OF_A_DOCUMENT:
        document.costs[values] = error
    return error


def _is_length(value: object) -> bool:
    """Whether it may be one: a number, a date, or nothing. What else is given may be large, or
    nobody else's business.
    """
    if type(value) is int:
        return abs(value) < HIGHEST_KEPT
    return value is None or (isinstance(value, str) and DATE.fullmatch(value) is not None)


Key = tuple[str, str | None]

CACHE: LRUCache[Key, Document] = LRUCache(CACHE_BYTES, lambda document: document.footprint)


def _key(_schema: GraphQLSchema, text: str) -> Key:
    return text, get_language()


def read(schema: GraphQLSchema, text: str) -> Document:
    """The document in `text`, or what it is refused for; both are remembered, but not secrets."""
    return _read(schema, text) if _may_hold_a_secret(text) else _remembered(schema, text)


def _may_hold_a_secret(text: str) -> bool:
    """Whether something is given in words to a mutation, as a password may be. Apps send variables,
    and whoever writes the words into the text sends another one next time.
    """
    return '"' in text and "mutation" in text


@cached(CACHE, key=_key, lock=Lock())
def _remembered(schema: GraphQLSchema, text: str) -> Document:
    return _read(schema, text)


def _read(schema: GraphQLSchema, text: str) -> Document:
    footprint = BYTES_OF_AN_ENTRY + sys.getsizeof(text)
    try:
        node = _parse(text)
        values = defaults(node)
        measured = _measured(node, _page_fields(schema), values)
        check_limits(measured)
        if not measured.length_variables:
            check_cost(measured)
    except GraphQLError as error:
        return Document(footprint, errors=(_bare(error),))
    # A condition may turn out in two ways, several of them in more.
    plans = MOST_PLANS if measured.directives else 1
    return Document(
        footprint + (BYTES_OF_A_CHARACTER + BYTES_OF_A_PLAN * plans) * len(text),
        node,
        tuple(map(_bare, validate(schema, node, RULES, max_errors=settings.LIMIT_ERRORS))),
        {name: values.get(name) for name in measured.length_variables},
    )


def _parse(text: str) -> DocumentNode:
    limit = settings.LIMIT_TOKENS
    try:
        return parse(text, max_tokens=limit)
    except GraphQLSyntaxError as error:
        # The parser gives up, in these words, before it knows how far the text goes on.
        if error.description.startswith("Document contains more than"):
            raise QueryTooComplex("tokens", limit + 1, limit, at_least=True) from None
        if error.description.startswith("Document is nested too deeply"):
            raise _too_deep() from None
        raise


def _measured(
    node: DocumentNode, page_fields: frozenset[str], variables: Mapping[str, object]
) -> Measurement:
    try:
        return Measurement(node, page_fields, variables)
    except RecursionError:
        # Fragments that are deep each, one inside the other.
        raise _too_deep() from None


def _too_deep() -> QueryTooComplex:
    limit = settings.LIMIT_DEPTH
    return QueryTooComplex("levels", limit + 1, limit, at_least=True)


def _bare(error: GraphQLError) -> GraphQLError:
    """The same error without the nodes and frames that it holds on to."""
    message, cause = error.message, error.original_error
    if _is_number_too_long(error):
        message, cause = _("A number in the document has too many digits."), None
    return GraphQLError(
        message,
        source=error.source,
        positions=error.positions,
        original_error=cause,
        extensions=error.extensions,
    )


def _is_number_too_long(error: GraphQLError) -> bool:
    """Whether graphql-core has handed a literal to `int`, which reads no more than 4300 digits."""
    node = error.nodes[0] if error.nodes else None
    return isinstance(node, IntValueNode) and isinstance(error.original_error, ValueError)


@cache
def _page_fields(schema: GraphQLSchema) -> frozenset[str]:
    """The names of all fields that answer a page of a list."""
    return frozenset(
        name
        for type_ in schema.type_map.values()
        if isinstance(type_, GraphQLObjectType)
        for name, field_ in type_.fields.items()
        if any(argument in field_.args for argument in PAGE_ARGUMENTS)
    )
