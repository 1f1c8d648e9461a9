"""How a field gets its value from what its parent is."""

from binascii import b2a_base64
from collections.abc import Callable
from operator import attrgetter
from typing import Any, cast

from django.db import OperationalError
from graphql import (
    ExecutionContext,
    FieldNode,
    GraphQLField,
    GraphQLList,
    GraphQLNonNull,
    GraphQLObjectType,
    get_named_type,
)
from graphql.execution.values import get_argument_values
from graphql.pyutils import Path
from graphql.type import GraphQLResolveInfo
from strawberry import relay
from strawberry.schema.schema_converter import GraphQLCoreConverter
from strawberry.types import Info
from strawberry.types.field import StrawberryField
from strawberry_django.fields.field import StrawberryDjangoField

from backend.execution.arguments import NotConverted, named_values

Resolve = Callable[[Any, ExecutionContext], Any]
Complete = Callable[[Any, ExecutionContext], Any]
Evaluate = Callable[[Any, ExecutionContext], Any]

ONLY_CALL = (StrawberryField, StrawberryDjangoField)
"""Fields of these very classes only call their resolver; those of a subclass may do more."""


class NotPlain(Exception):
    """The operation asks for something that is not compiled."""


class Field:
    """One response key of a selection: the field behind it, and the nodes that ask for it."""

    def __init__(
        self,
        parent: GraphQLObjectType,
        definition: GraphQLField,
        nodes: list[FieldNode],
        path: Path,
    ) -> None:
        self.parent = parent
        self.definition = definition
        self.nodes = nodes
        # Without the places in lists: nothing but an error asks for those.
        self.path = path
        self.strawberry_field = strawberry_field_of(definition)

    def info(self, context: ExecutionContext) -> GraphQLResolveInfo:
        """What resolvers are told; made once for all rows of a request."""
        infos: dict[Field, GraphQLResolveInfo] = context.infos  # type: ignore[attr-defined]  # ours
        if self not in infos:
            infos[self] = context.build_resolve_info(
                self.definition, self.nodes, self.parent, self.path
            )
        return infos[self]

    @property
    def object_type(self) -> GraphQLObjectType:
        """The type of the field's object or objects; raises `NotPlain` where it has none."""
        type_ = get_named_type(self.definition.type)
        if not isinstance(type_, GraphQLObjectType):
            raise NotPlain(type_)
        return type_

    @property
    def is_nullable(self) -> bool:
        return not isinstance(self.definition.type, GraphQLNonNull)

    @property
    def type(self) -> Any:
        """The field's type, as if it could be null."""
        type_ = self.definition.type
        return type_.of_type if isinstance(type_, GraphQLNonNull) else type_

    def _strawberry_info(self, field: StrawberryField, context: ExecutionContext) -> Info:
        infos: dict[Field, Info] = context.strawberry_infos  # type: ignore[attr-defined]  # ours
        if self not in infos:
            infos[self] = Info(_raw_info=self.info(context), _field=field)
        return infos[self]

    def resolve(self) -> Resolve:
        """The function that gets the value; arguments are read for each call."""
        field = self.strawberry_field
        if field is None or field.extensions or field.is_async:
            return self._called
        if is_relay_id(field):
            return _id(self.parent.name)
        if field.base_resolver is None:
            if isinstance(self.type, GraphQLList) and isinstance(field, StrawberryDjangoField):
                return self._called  # a manager, which Strawberry-Django turns into rows
            return _attribute(attribute_of(field))
        try:
            return self._directly_called(field, cast("Any", field.base_resolver))
        except NotConverted:
            return self._called

    def evaluation(self, resolve: Resolve, complete: Complete) -> Evaluate:
        """Answers the field, and remembers where the database did not: cut off after its time, or
        without a server.
        """

        def evaluated(source: Any, context: ExecutionContext) -> Any:
            try:
                return complete(resolve(source, context), context)
            except OperationalError as error:
                keys = tuple(map(str, self.path.as_list()))
                context.outcomes.cut_off(keys, error)  # type: ignore[attr-defined]  # ours
                raise

        return evaluated

    def _called(self, source: Any, context: ExecutionContext) -> Any:
        """Calls the resolver as graphql-core does."""
        resolve = cast("Callable[..., Any]", self.definition.resolve)
        return resolve(source, self.info(context), **self._arguments(context))

    def _arguments(self, context: ExecutionContext) -> dict[str, Any]:
        return get_argument_values(self.definition, self.nodes[0], context.variable_values)

    def _directly_called(self, field: StrawberryField, resolver: Any) -> Resolve:
        """Calls the resolver with what it asks for, as Strawberry does."""
        sources = [resolver.parent_parameter, resolver.root_parameter]
        names = {parameter.name for parameter in sources if parameter}
        takes_self = bool(resolver.self_parameter)
        info_name = resolver.info_parameter and resolver.info_parameter.name
        convert = named_values(self.definition.args) if self.definition.args else None
        function = resolver.wrapped_func
        # What a mutation's field does besides, such as turning errors into its payload.
        result = None if type(field) in ONLY_CALL else field.get_result
        if convert is None and result is None and takes_self and not info_name and len(names) == 1:
            (name,) = names  # as most fields of a row
            return lambda source, _context: function(source, **{name: source})

        def call(source: Any, context: ExecutionContext) -> Any:
            given = {} if convert is None else convert(self._arguments(context))
            for name in names:
                given[name] = source
            if info_name:
                given[info_name] = self._strawberry_info(field, context)
            if result is not None:
                info = self._strawberry_info(field, context)
                return result(source, info, [source] if takes_self else [], given)
            return function(source, **given) if takes_self else function(**given)

        return call


def always(value: object) -> Callable[..., Any]:
    """Answers `value`, whatever is asked about: what `__typename` does."""
    return lambda *_asked: value


def strawberry_field_of(definition: GraphQLField) -> StrawberryField | None:
    """The Strawberry field that a field of the schema was made from."""
    return definition.extensions.get(GraphQLCoreConverter.DEFINITION_BACKREF)


def strawberry_type_of(type_: GraphQLObjectType) -> type:
    """The class that a type of the schema was made from; a generic one's, not its copy."""
    definition = type_.extensions[GraphQLCoreConverter.DEFINITION_BACKREF]
    origin: type = (definition.concrete_of or definition).origin
    return origin


def global_id(type_name: str) -> Callable[[Any], str]:
    """Makes the global id of a row's number, as `relay.to_base64` does."""
    return lambda pk: b2a_base64(f"{type_name}:{pk}".encode(), newline=False).decode()


def attribute_of(field: StrawberryField) -> str:
    """The name of the attribute that a field without a resolver reads."""
    return getattr(field, "django_name", None) or field.python_name


def is_relay_id(field: StrawberryField) -> bool:
    """Whether it is the `id` of Relay's `Node`."""
    return field.base_resolver is not None and field.base_resolver.wrapped_func == relay.Node._id


def _attribute(name: str) -> Resolve:
    read = attrgetter(name)
    return lambda source, _context: read(source)


def _id(type_name: str) -> Resolve:
    convert = global_id(type_name)
    return lambda source, _context: convert(source.pk)
