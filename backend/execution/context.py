"""The way into the compiled path and out of it: what graphql-core calls to execute an operation."""

import logging
from functools import partial
from typing import Any

from django.conf import settings
from django.db import OperationalError
from graphql import (
    ExecutionContext,
    GraphQLResolveInfo,
    MiddlewareManager,
    OperationDefinitionNode,
    OperationType,
)
from strawberry.types import Info

from accounts.permissions import rely_on_claims, rely_on_nothing, settle
from backend.execution.fields import Field
from backend.execution.plans import Plan, plan_of
from backend.execution.replay import Outcomes

logger = logging.getLogger(__name__)


class CompiledExecutionContext(ExecutionContext):
    """Executes an operation by its plan, and as graphql-core does where that does not go through.

    A plan knows no errors: whatever is not as planned ends it, and graphql-core starts over, which
    then finds the same error and tells where it is. Queries may be read twice, all but what the
    database did not answer in time; a mutation's field keeps what its resolver came to.
    """

    def __init__(self, *args: Any) -> None:
        super().__init__(*args)
        self.infos: dict[Field, GraphQLResolveInfo] = {}
        self.strawberry_infos: dict[Field, Info] = {}
        self.outcomes = Outcomes()

    def execute_operation(self, operation: OperationDefinitionNode, root_value: Any) -> Any:
        """The operation's data, as graphql-core wants it; errors are raised or collected."""
        is_wanted = settings.COMPILED_EXECUTION and not self._has_middleware()
        plan = plan_of(self) if is_wanted else None
        if plan is None:
            return super().execute_operation(operation, root_value)
        try:
            if operation.operation is OperationType.MUTATION:
                return self._change(plan, root_value)
            return self._read(plan, root_value)
        except Exception as error:  # noqa: BLE001  # graphql-core finds it again, and its place
            cause = error
        self.middleware_manager = MiddlewareManager(self.outcomes)
        data = super().execute_operation(operation, root_value)
        if not self.collected_errors.errors:
            logger.warning("operation_started_over cause=%r", cause)
        return data

    def _change(self, plan: Plan, source: Any) -> dict[str, Any]:
        answer = {}
        for root in plan:
            value = self.outcomes.record(root.key, partial(root.resolve, source, self))
            answer[root.key] = root.complete(value, self)
        return answer

    def _read(self, plan: Plan, source: Any) -> dict[str, Any]:
        request = self.context_value.request
        rely_on_claims(request)
        try:
            answer = {}
            for root in plan:
                try:
                    answer[root.key] = root.complete(root.resolve(source, self), self)
                except OperationalError as error:
                    self.outcomes.cut_off((root.key,), error)
                    raise
            settle(request)
        except Exception:
            rely_on_nothing(request)
            raise
        return answer

    def _has_middleware(self) -> bool:
        return bool(self.middleware_manager and self.middleware_manager.middlewares)
