"""The GraphQL schema: the apps' queries and mutations under one root."""

import datetime

import strawberry
from graphql import GraphQLError, GraphQLUnionType
from strawberry.schema.config import StrawberryConfig
from strawberry.types.execution import ExecutionContext

from accounts.mutations import Mutation as AccountsMutation
from accounts.queries import Query as AccountsQuery
from accounts.types import CHAT_ID_SCALAR, ChatId
from backend.documents import Documents
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


class Schema(strawberry.Schema):
    def process_errors(
        self, errors: list[GraphQLError], execution_context: ExecutionContext | None = None
    ) -> None:
        """Logs nothing here: `backend.errors` logs what is unexpected, with the id it answers."""


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
    extensions=[Documents],
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
