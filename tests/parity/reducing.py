"""The smallest request that still differs: a document loses part after part as long as it does."""

import time
from collections.abc import Callable, Iterator
from dataclasses import replace
from typing import Any

from graphql import (
    DocumentNode,
    FieldNode,
    FragmentDefinitionNode,
    FragmentSpreadNode,
    GraphQLError,
    InlineFragmentNode,
    Node,
    SelectionSetNode,
    VariableNode,
    Visitor,
    parse,
    print_ast,
    visit,
)

from tests.parity.exchange import Request

SECONDS = 60
"""A reduction ends after that, however far it is."""

LISTS = ("selections", "arguments", "directives", "fields", "values", "definitions")
"""The attributes of nodes from which one may go."""


def reduced(request: Request, differs: Callable[[Request], bool]) -> Request:
    """`request` with as little in it as still `differs`; itself where its document is none."""
    ends = time.perf_counter() + SECONDS
    smallest = request
    is_smaller = True
    while is_smaller and time.perf_counter() < ends:
        is_smaller = False
        for candidate in _smaller(smallest):
            if time.perf_counter() >= ends:
                break
            if differs(candidate):
                smallest, is_smaller = candidate, True
                break
    return smallest


def _smaller(request: Request) -> Iterator[Request]:
    """Requests with one thing less, those that lose most first."""
    for name in request.headers:
        headers = {key: value for key, value in request.headers.items() if key != name}
        yield replace(request, headers=headers)
    if request.tired:
        yield replace(request, tired=False)
    for key in request.body.keys() - {"query", "variables"}:
        yield _with(request, {name: it for name, it in request.body.items() if name != key})
    for name in request.body.get("variables") or ():
        variables = {key: it for key, it in request.body["variables"].items() if key != name}
        yield _with(request, {**request.body, "variables": variables})
    try:
        document = parse(request.body["query"])
    except GraphQLError:
        return
    for text in _shorter(document):
        given = request.body.get("variables") or {}
        declared = {name: it for name, it in given.items() if f"${name}:" in text}
        yield _with(request, {**request.body, "query": text, "variables": declared})


def _with(request: Request, body: dict[str, Any]) -> Request:
    return replace(request, body=body)


def _shorter(document: DocumentNode) -> Iterator[str]:
    whole = print_ast(document)
    edits = list(_edits(document))
    edits.sort(key=lambda edit: -edit[0])
    for _size, edit in edits:
        text = print_ast(_tidied(edit()))
        if len(text) < len(whole):
            yield text


def _edits(document: DocumentNode) -> Iterator[tuple[int, Callable[[], DocumentNode]]]:
    """What may be taken away, and how much text that is."""
    found: list[Node] = []

    class Finding(Visitor):
        def enter(self, node: Node, *_rest: Any) -> None:
            found.append(node)

    visit(document, Finding())
    for node in found:
        for name in LISTS:
            for child in getattr(node, name, None) or ():
                yield _length(child), lambda child=child: _without(document, child)  # type: ignore[misc]  # bound at once
        if isinstance(node, InlineFragmentNode):
            yield 1, lambda node=node: _unwrapped(document, node)  # type: ignore[misc]  # the same
        if isinstance(node, FieldNode) and node.alias:
            yield 1, lambda node=node: _unnamed(document, node)  # type: ignore[misc]  # the same


def _length(node: Node) -> int:
    return node.loc.end - node.loc.start if node.loc else 0


def _changed(document: DocumentNode, target: Node, change: Callable[[Node], Any]) -> DocumentNode:
    class Changing(Visitor):
        def enter(self, node: Node, *_rest: Any) -> Any:
            return change(node) if node is target else None

    changed: DocumentNode = visit(document, Changing())
    return changed


def _without(document: DocumentNode, target: Node) -> DocumentNode:
    return _changed(document, target, lambda _node: Visitor.REMOVE)


def _unwrapped(document: DocumentNode, target: InlineFragmentNode) -> DocumentNode:
    """Its selections stand where the fragment stood."""

    class Unwrapping(Visitor):
        def enter_selection_set(self, node: SelectionSetNode, *_rest: Any) -> Any:
            if all(each is not target for each in node.selections):
                return None
            flat = [
                inner
                for each in node.selections
                for inner in (target.selection_set.selections if each is target else (each,))
            ]
            return SelectionSetNode(selections=tuple(flat))

    changed: DocumentNode = visit(document, Unwrapping())
    return changed


def _unnamed(document: DocumentNode, target: FieldNode) -> DocumentNode:
    def bare(node: Any) -> FieldNode:
        return FieldNode(
            alias=None,
            name=node.name,
            arguments=node.arguments,
            directives=node.directives,
            selection_set=node.selection_set,
        )

    return _changed(document, target, bare)


def _tidied(document: DocumentNode) -> DocumentNode:
    """Without the fragments and variables that nothing names any more."""
    while True:
        used: set[str] = set()

        class Using(Visitor):
            def enter_fragment_spread(self, node: FragmentSpreadNode, *_rest: Any) -> None:
                used.add(f"...{node.name.value}")  # noqa: B023  # visited at once

            def enter_variable_definition(self, *_rest: Any) -> Any:
                return Visitor.SKIP

            def enter_variable(self, node: VariableNode, *_rest: Any) -> None:
                used.add(f"${node.name.value}")  # noqa: B023  # the same

        class Dropping(Visitor):
            def enter_fragment_definition(self, node: FragmentDefinitionNode, *_rest: Any) -> Any:
                return None if f"...{node.name.value}" in used else Visitor.REMOVE  # noqa: B023

            def enter_variable_definition(self, node: Any, *_rest: Any) -> Any:
                is_used = f"${node.variable.name.value}" in used  # noqa: B023
                return Visitor.SKIP if is_used else Visitor.REMOVE

        visit(document, Using())
        tidier = visit(document, Dropping())
        if print_ast(tidier) == print_ast(document):
            return document
        document = tidier
