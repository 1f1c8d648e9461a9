"""The plans of an operation. They live with its document: who keeps one keeps the other."""

import logging
from threading import Lock
from typing import Any

from cachetools import LRUCache
from graphql import (
    ExecutionContext,
    FragmentDefinitionNode,
    FragmentSpreadNode,
    GraphQLError,
    Node,
    OperationDefinitionNode,
    VariableNode,
)

from backend.execution import connections
from backend.execution.compiler import Compiler, Root
from backend.execution.fields import NotPlain

logger = logging.getLogger(__name__)

Plan = list[Root]

MOST_PLANS = 8
"""Plans of one operation: as many as three conditions make that turn out independently."""


class Plans:
    """The plans of one operation: one for each way in which its conditions may turn out.

    Those that were asked for last are kept, so that nobody's odd conditions take another's place
    for ever.
    """

    def __init__(self, context: ExecutionContext) -> None:
        self._conditions = sorted(_conditions(context.operation, context.fragments, set()))
        self._plans: LRUCache[tuple[Any, ...], Plan | None] = LRUCache(MOST_PLANS)
        self._lock = Lock()

    def plan(self, context: ExecutionContext) -> Plan | None:
        """The plan for the variables of this request; None where graphql-core is to execute it."""
        values = tuple(context.variable_values.get(name) for name in self._conditions)
        with self._lock:
            if values in self._plans:
                return self._plans[values]
        try:
            plan = _compiled(context)
        except GraphQLError:
            # The request's own, like a condition that is null; graphql-core tells it.
            return None
        with self._lock:
            self._plans[values] = plan
        return plan


def plan_of(context: ExecutionContext) -> Plan | None:
    """The plan of the operation that `context` is to execute, compiled when it first comes."""
    operation = context.operation
    plans: Plans | None = getattr(operation, "plans", None)
    if plans is None:
        # Nodes take attributes of others. Two threads may do this at once: either one's will do.
        plans = operation.plans = Plans(context)
    return plans.plan(context)


def _compiled(context: ExecutionContext) -> Plan | None:
    """The plan; None where there is none for anybody. Raises the request's own `GraphQLError`."""
    try:
        return Compiler(context, connections.shortcut).roots()
    except NotPlain:
        return None
    except GraphQLError:
        raise
    except Exception:
        # A mistake in the compiler must not be one in the answer.
        logger.exception("operation_not_compiled")
        return None


def _conditions(
    node: OperationDefinitionNode | FragmentDefinitionNode | Any,
    fragments: dict[str, FragmentDefinitionNode],
    seen: set[str],
) -> set[str]:
    """The variables in the `@skip` and `@include` of what `node` selects."""
    found = {
        argument.value.name.value
        for directive in node.directives
        for argument in directive.arguments
        if isinstance(argument.value, VariableNode)
    }
    inside: list[Node] = []
    if isinstance(node, FragmentSpreadNode):
        name = node.name.value
        if name not in seen:
            seen.add(name)
            inside.append(fragments[name])
    elif node.selection_set is not None:
        inside.extend(node.selection_set.selections)
    return found.union(*(_conditions(each, fragments, seen) for each in inside))
