"""Ways of execution that are nearly graphql-core's: each is a mistake that a compiled one may make.

They stand in for the compiled way; the other one is left as it is.
"""

from typing import Any, ClassVar

from django.conf import settings
from graphql import (
    ExecutionContext,
    FieldNode,
    GraphQLError,
    GraphQLObjectType,
    OperationDefinitionNode,
    OperationType,
    print_ast,
)
from graphql.pyutils import Path

from accounts.models import User
from habits.models import Habit


class Planted(ExecutionContext):
    """graphql-core's own way, with a mistake where `is_wrong`."""

    @property
    def is_wrong(self) -> bool:
        return bool(settings.COMPILED_EXECUTION)


class FieldLeftOut(Planted):
    def execute_fields(self, parent: GraphQLObjectType, *rest: Any) -> Any:
        answer: Any = super().execute_fields(parent, *rest)
        if self.is_wrong and parent.name == "Habit":
            answer.pop("place", None)
        return answer


class FieldsInAnotherOrder(Planted):
    def execute_fields(self, parent: GraphQLObjectType, *rest: Any) -> Any:
        answer: Any = super().execute_fields(parent, *rest)
        return dict(sorted(answer.items())) if self.is_wrong else answer


class MergedFieldsForgotten(Planted):
    """Only the first of several selections of the same field counts."""

    def collect_subfields(self, type_: GraphQLObjectType, nodes: list[FieldNode]) -> Any:
        return super().collect_subfields(type_, nodes[:1] if self.is_wrong else nodes)


class PathCutShort(Planted):
    def handle_field_error(self, error: GraphQLError, return_type: Any, path: Path) -> None:
        if self.is_wrong and error.path:
            error.path = error.path[:1]
        super().handle_field_error(error, return_type, path)


class NullWhereNoneMayBe(Planted):
    """An error leaves null behind, and does not go up to what may be null."""

    def handle_field_error(self, error: GraphQLError, return_type: Any, path: Path) -> None:
        if self.is_wrong:
            self.collected_errors.add(error, path)
        else:
            super().handle_field_error(error, return_type, path)


class VariablesOfTheFirstRequest(Planted):
    """What is made for a document holds on to what the first request for it was given."""

    seen: ClassVar[dict[str, dict[str, Any]]] = {}

    def execute_operation(self, operation: OperationDefinitionNode, root: Any) -> Any:
        if self.is_wrong:
            self.variable_values = self.seen.setdefault(print_ast(operation), self.variable_values)
        return super().execute_operation(operation, root)


class MutationTwice(Planted):
    def execute_field(self, parent: GraphQLObjectType, *rest: Any) -> Any:
        if self.is_wrong and parent.name == "Mutation":
            super().execute_field(parent, *rest)
        return super().execute_field(parent, *rest)


class AnotherChange(Planted):
    """A mutation changes what nobody asked for, and its answer does not tell."""

    def execute_operation(self, operation: OperationDefinitionNode, root: Any) -> Any:
        answer: Any = super().execute_operation(operation, root)
        if self.is_wrong and operation.operation is OperationType.MUTATION:
            Habit.objects.filter(pk=130).update(place="elsewhere")
        return answer


class ErrorOfAnotherKind(Planted):
    """Errors that resolvers raise come out as unexpected ones."""

    def handle_field_error(self, error: GraphQLError, return_type: Any, path: Path) -> None:
        if self.is_wrong and error.original_error:
            error = GraphQLError(error.message, error.nodes, path=error.path)
            error.original_error = RuntimeError()
        super().handle_field_error(error, return_type, path)


class RowsOfAnybody(Planted):
    """Who asks is somebody else."""

    def execute_operation(self, operation: OperationDefinitionNode, root: Any) -> Any:
        if self.is_wrong:
            self.context_value.request.token_user = User.objects.get(email="bob@example.org")
        return super().execute_operation(operation, root)


MISTAKES = Planted.__subclasses__()
