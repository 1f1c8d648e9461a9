"""Before anything is measured: all programs answer the same, or the run fails loudly."""

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from benchmarks.bench.operations import Call, Operation
from benchmarks.bench.programs import Running

CALLS = 25
"""Of each operation."""

CREATED_ANEW = {"id"}
"""Fields of a new habit that differ from one call to the next."""

BAD = {
    "action": " \u200b ",
    "place": "a" * 300,
    "duration": 121,
    "periodicity": 8,
    "startsOn": "1999-01-01",
    "isEnjoyed": False,
}
"""A new habit that breaks a rule in each of its fields."""


class Disagreement(RuntimeError):
    """Two programs answer one request differently."""


def check(operation: Operation, calls: list[Call], programs: Mapping[str, Running]) -> None:
    """The floors answer as the product does, field by field; the others at least the same rows."""
    product = programs["product"]
    if operation.name == "c":
        calls = [*calls[:CALLS], Call(calls[0].token, {"input": BAD})]
    for call in calls[:: max(1, len(calls) // CALLS)]:
        expected = _answer(product, operation, call)
        for name, program in programs.items():
            if name == "product" or operation.name not in program.program.operations:
                continue
            if operation.name == "c" and call.variables["input"] is BAD and "floor" not in name:
                continue
            found = _answer(program, operation, call)
            same = found == expected if "floor" in name else _rows(found) == _rows(expected)
            if not same:
                raise Disagreement(
                    f"({operation.name}) {call}\nproduct: {expected}\n{name}: {found}"
                )


def check_tokens(
    operation: Operation, call: Call, bad: Mapping[str, str], programs: Mapping[str, Running]
) -> None:
    """All programs refuse the `bad` tokens, which have names."""
    for name, program in programs.items():
        if operation.name not in program.program.operations:
            continue
        for what, token in bad.items():
            refused = replace(call, token=token)
            status, answer = program.ask(program.program.request(operation, refused))
            if status == 200 and not (isinstance(answer, dict) and "errors" in answer):
                raise Disagreement(f"{name} takes a token that is {what}: {answer}")


def _answer(program: Running, operation: Operation, call: Call) -> Any:
    _status, answer = program.ask(program.program.request(operation, call))
    if isinstance(answer, dict) and "errors" in answer:
        raise Disagreement(f"{program.program.name} refuses {call}: {answer}")
    return _without(answer, CREATED_ANEW) if operation.name == "c" else answer


def _without(value: Any, names: set[str]) -> Any:
    if isinstance(value, dict):
        return {name: _without(each, names) for name, each in value.items() if name not in names}
    return value


def _rows(answer: Any) -> list[tuple[Any, ...]]:
    """What of each habit is written alike everywhere, in order, with the related habit's action."""
    found: list[tuple[Any, ...]] = []
    if isinstance(answer, list):
        for each in answer:
            found += _rows(each)
    elif isinstance(answer, dict):
        if "action" in answer:
            related = answer.get("relatedHabit") or answer.get("related_habit")
            names = ("action", "place", "duration", "periodicity", "reward")
            return [(*map(answer.get, names), related and related["action"])]
        for each in answer.values():
            found += _rows(each)
    return found
