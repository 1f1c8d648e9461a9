"""What was compiled shows in what graphql-core is not asked to execute."""

from typing import Any

import pytest
from django.test import override_settings
from graphql import ExecutionContext, OperationDefinitionNode, parse, print_ast
from pytest_django import Settings

from backend.execution.context import CompiledExecutionContext
from backend.execution.plans import Plan, plan_of
from backend.schema import schema
from tests.conftest import Caller


@pytest.fixture(autouse=True)
def always_compiled(compiled: None) -> None:
    """Also where a run leaves everything to graphql-core; some tests turn it off themselves."""


@pytest.fixture
def handed_over(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """The operations that graphql-core has executed."""
    operations: list[str] = []
    execute = ExecutionContext.execute_operation

    def noted(
        self: ExecutionContext, operation: OperationDefinitionNode, root_value: object
    ) -> object:
        operations.append(print_ast(operation))
        return execute(self, operation, root_value)

    monkeypatch.setattr(ExecutionContext, "execute_operation", noted)
    return operations


@pytest.fixture(params=[True, False], ids=["compiled", "by graphql-core"])
def is_compiled(request: pytest.FixtureRequest, settings: Settings) -> bool:
    settings.COMPILED_EXECUTION = request.param
    return bool(request.param)


def context_of(document: str, **variables: Any) -> CompiledExecutionContext:
    """What graphql-core makes to execute the document."""
    context = CompiledExecutionContext.build(
        schema._schema, parse(document), raw_variable_values=variables
    )
    assert isinstance(context, CompiledExecutionContext)
    return context


def plan(document: str, **variables: Any) -> Plan | None:
    return plan_of(context_of(document, **variables))


def both(caller: Caller, document: str, **variables: Any) -> list[Any]:
    """The answers of both ways, the compiled one's first."""
    answers = []
    for switch in (True, False):
        with override_settings(COMPILED_EXECUTION=switch):
            answers.append(caller.call(document, **variables))
    return answers
