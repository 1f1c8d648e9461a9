"""The GraphQL schema: the apps' queries and mutations under one root."""

import datetime
from dataclasses import dataclass
from typing import Any

import strawberry
from django.http import HttpRequest
from graphql import GraphQLError, GraphQLUnionType, execute, get_operation_ast
from strawberry.schema.config import StrawberryConfig
from strawberry.schema.exceptions import CannotGetOperationTypeError
from strawberry.types.execution import ExecutionResult

from accounts.mutations import Mutation as AccountsMutation
from accounts.queries import Query as AccountsQuery
from accounts.types import CHAT_ID_SCALAR, ChatId
from backend.documents import read
from backend.execution.context import CompiledExecutionContext
from backend.scalars import DATE_SCALAR, TIME_SCALAR
from habits.mutations import Mutation as HabitsMutation
from habits.queries import Query as HabitsQuery
from habits.tracking_mutations import TrackingMutation
from notifications.mutations import Mutation as NotificationsMutation


@strawberry.type(description="What can be read. All of it needs an access token.")
class Query(AccountsQuery, HabitsQuery):
    pass


@strawberry.type(
    description=(
        "What can be changed. What a person can mend comes back as `OperationInfo`; what the client"
        " must act on is a top-level error with a code."
    )
)
class Mutation(AccountsMutation, HabitsMutation, TrackingMutation, NotificationsMutation):
    pass


@dataclass(frozen=True, slots=True)
class Context:
    """What resolvers are told of a call (`info.context`); the answer is the view's alone."""

    request: HttpRequest


class Schema(strawberry.Schema):
    """Strawberry's, but for the way to an operation: documents are read once (`documents`)."""

    def execute_sync(
        self,
        query: str | None,
        variable_values: dict[str, Any] | None = None,
        context_value: Any = None,
        root_value: Any = None,
        operation_name: str | None = None,
        *_args: Any,
        **_options: Any,
    ) -> ExecutionResult:
        """Runs the operation of that name in `query`, or tells what it is not run for.

        Raises `CannotGetOperationTypeError` where there is no such operation. Nothing is logged:
        `backend.errors` logs what is unexpected, with the id that it answers.
        """
        try:
            return self._run(query or "", variable_values, context_value, operation_name)
        except CannotGetOperationTypeError:
            raise
        except Exception as error:  # noqa: BLE001  # masked and logged where it is answered
            return ExecutionResult(None, [GraphQLError(str(error), original_error=error)])

    def _run(
        self, query: str, variables: dict[str, Any] | None, context: Any, name: str | None
    ) -> ExecutionResult:
        document = read(self._schema, query)
        if document.node is None:
            return ExecutionResult(None, document.refusals(self._schema, {}))
        if get_operation_ast(document.node, name) is None:
            raise CannotGetOperationTypeError(name)
        refusals = document.refusals(self._schema, variables or {})
        if refusals:
            return ExecutionResult(None, refusals)
        # Nothing awaits anything here: `_is_awaitable` says so.
        result: Any = execute(
            self._schema,
            document.node,
            context_value=context,
            variable_values=variables,
            operation_name=name,
            execution_context_class=self.execution_context_class,
            is_awaitable=_is_awaitable,
        )
        return ExecutionResult(result.data, result.errors)


def _is_awaitable(_value: object) -> bool:
    """Whether a resolver's value has to be awaited; no resolver of this schema is asynchronous."""
    return False


schema = Schema(
    query=Query,
    mutation=Mutation,
    config=StrawberryConfig(
        scalar_map={
            datetime.date: DATE_SCALAR,
            datetime.time: TIME_SCALAR,
            ChatId: CHAT_ID_SCALAR,
        },
    ),
    execution_context_class=CompiledExecutionContext,
)


def _describe_library_types() -> None:
    """Strawberry-Django's own types come without descriptions; the contract has one everywhere."""
    types = schema._schema.type_map
    for name, text in (
        ("OperationInfo", "Why nothing was done: what a person can mend, all of it at once."),
        ("OperationMessage", "One thing to mend, with a stable code."),
        ("OperationMessageKind", "What kind of thing it is; broken rules are `VALIDATION`."),
    ):
        types[name].description = text
    for name, type_ in types.items():
        if isinstance(type_, GraphQLUnionType):
            type_.description = (
                f"The outcome of `{name[0].lower()}{name.removesuffix('Payload')[1:]}`."
            )


_describe_library_types()
