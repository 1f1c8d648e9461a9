"""Pages of lists (Relay's connections): their rows are read with the columns that are shown."""

from collections.abc import Callable
from typing import Any

from graphql import ExecutionContext, GraphQLObjectType
from graphql.pyutils import Path

from backend.execution.columns import Row
from backend.execution.compiler import Compiler, Nodes
from backend.execution.fields import Complete, Field, NotPlain, always, strawberry_type_of
from backend.execution.rows import RowCompiler
from habits.connections import Connection
from habits.paging import Page

ReadEdge = Callable[[Row, Page[Any], ExecutionContext], Any]


def shortcut(
    compiler: Compiler, type_: GraphQLObjectType, nodes: Nodes, path: Path
) -> Complete | None:
    """Answers a connection whose entries one row tells each; None where rows are not enough."""
    if not issubclass(strawberry_type_of(type_), Connection):
        return None
    keys = [key for key, each in nodes.items() if each[0].name.value == "edges"]
    if len(keys) != 1:
        return None  # nothing of the rows is asked for, or two selections of them
    (key,) = keys
    field = compiler.field(type_, key, nodes[key], path)
    if field is None:
        return None
    try:
        read_edge, columns = _edge(compiler, field)
    except NotPlain:
        return None

    def page(source: Connection[Any], _context: ExecutionContext) -> Page[Any]:
        return source.page

    def edges(page: Page[Any], context: ExecutionContext) -> list[Any]:
        return [read_edge(row, page, context) for row in page.rows]

    complete = compiler.object(type_, nodes, path, {key: field.evaluation(page, edges)})

    def completed(source: Connection[Any], context: ExecutionContext) -> Any:
        source.page.as_tuples(columns)
        return complete(source, context)

    return completed


def _edge(compiler: Compiler, edges: Field) -> tuple[ReadEdge, tuple[str, ...]]:
    """What reads an entry of the page from a row, with its cursor where that is selected, and the
    names of the columns that it needs. Raises `NotPlain`.
    """
    rows = RowCompiler(compiler)
    type_ = edges.object_type
    parts: list[tuple[str, ReadEdge]] = []
    for key, nodes in compiler.nodes_of(type_, edges.nodes).items():
        field = compiler.field(type_, key, nodes, edges.path)
        if field is None:
            parts.append((key, always(type_.name)))
        elif nodes[0].name.value == "cursor":
            parts.append((key, _cursor))
        else:
            parts.append((key, _node(compiler, rows, field)))

    def read(row: Row, page: Page[Any], context: ExecutionContext) -> dict[str, Any]:
        return {key: part(row, page, context) for key, part in parts}

    return read, rows.columns.names


def _node(compiler: Compiler, rows: RowCompiler, field: Field) -> ReadEdge:
    type_ = field.object_type
    nodes = compiler.nodes_of(type_, field.nodes)
    read = rows.object(type_, nodes, field.path)
    return lambda row, _page, context: read(row, context)


def _cursor(row: Row, page: Page[Any], _context: ExecutionContext) -> str:
    return page.cursor(row)
