"""Objects of a model's type, read from plain rows: no model is built for what columns say alone.

A selection names the columns that it needs, in the words of the ORM (`related_habit__action`). A
field with a resolver joins in if its hints say what it reads (`only`, `select_related`): it gets a
model with these fields alone, whose others Django would read when they are asked for.
"""

from collections.abc import Callable
from typing import Any

from django.db.models import Model
from graphql import (
    ExecutionContext,
    GraphQLObjectType,
    get_named_type,
    is_leaf_type,
)
from graphql.pyutils import Path
from strawberry_django.optimizer import OptimizerStore

from backend.execution.columns import (
    Columns,
    ReadColumn,
    Row,
    column_name,
    conversion_of,
    is_column,
    is_relation,
    model_of,
)
from backend.execution.compiler import Compiler, Nodes
from backend.execution.fields import Field, NotPlain, always
from backend.execution.partial_models import PartialModel

Read = Callable[[Row, ExecutionContext], Any]
Tell = Callable[[Model, ExecutionContext], Any]


class RowCompiler:
    """Compiles what is selected of the objects that one row tells of."""

    def __init__(self, compiler: Compiler) -> None:
        self._compiler = compiler
        self.columns = Columns()

    def object(self, type_: GraphQLObjectType, nodes: Nodes, path: Path, prefix: str = "") -> Read:
        """Answers an object of `type_` from a row, whose columns for it begin with `prefix`.

        Raises `NotPlain` where a field needs more than that.
        """
        model = PartialModel(model_of(type_), prefix, self.columns)
        # An answer begins as values of columns, one for each key, which puts the keys in order.
        # Where that is not what is answered, it is made thereafter: of the value, of the whole row,
        # or of a model that is read from it.
        places: list[tuple[str, int]] = []
        of_value: list[tuple[str, ReadColumn]] = []
        of_row: list[tuple[str, Read]] = []
        of_model: list[tuple[str, Tell]] = []
        for key, each in nodes.items():
            field = self._compiler.field(type_, key, each, path)
            place = 0  # any column's: the value of a key without a column is made in any case
            if field is None:
                of_row.append((key, always(type_.name)))
            elif is_column(field, model.model):
                place = self.columns.place(prefix + column_name(field))
                convert = conversion_of(field, model.model)
                if convert:
                    of_value.append((key, convert))
            elif is_relation(field, model.model):
                of_row.append((key, self._related(field, prefix)))
            else:
                of_model.append((key, self._resolved(field, model)))
            places.append((key, place))

        def read(row: Row, context: ExecutionContext) -> dict[str, Any]:
            answer = {key: row[place] for key, place in places}
            for key, convert in of_value:
                value = answer[key]
                if value is not None:
                    answer[key] = convert(value)
            for key, make in of_row:
                answer[key] = make(row, context)
            if of_model:
                instance = model.read(row)
                for key, tell in of_model:
                    answer[key] = tell(instance, context)
            return answer

        return read

    def _related(self, field: Field, prefix: str) -> Read:
        """The object behind a foreign key: from the joined columns, None where the key is."""
        name = column_name(field)
        key = self.columns.place(f"{prefix}{name}_id")
        type_ = field.object_type
        nodes = self._compiler.nodes_of(type_, field.nodes)
        read = self.object(type_, nodes, field.path, f"{prefix}{name}__")
        return lambda row, context: None if row[key] is None else read(row, context)

    def _resolved(self, field: Field, model: PartialModel) -> Tell:
        """What the field's resolver says of a model, which holds what its hints name."""
        hints = _hints_of(field)
        resolve, complete = field.resolve(), self._compiler.completion(field)
        for name in hints.only:
            model.need(name)
        if not is_leaf_type(get_named_type(field.definition.type)):
            (relation,) = hints.select_related
            self._needed_by(field.object_type, field, model.related(relation))
        return field.evaluation(resolve, complete)

    def _needed_by(self, type_: GraphQLObjectType, parent: Field, model: PartialModel) -> None:
        """Reads into `model` what is selected of it."""
        for key, nodes in self._compiler.nodes_of(type_, parent.nodes).items():
            field = self._compiler.field(type_, key, nodes, parent.path)
            if field is None:
                continue
            if is_column(field, model.model):
                model.need(column_name(field))
                continue
            hints = _hints_of(field)
            if hints.select_related:
                raise NotPlain(key)
            for name in hints.only:
                model.need(name)


def _hints_of(field: Field) -> OptimizerStore:
    """What the field's resolver reads, as its hints for Strawberry-Django's optimizer say."""
    hints: OptimizerStore | None = getattr(field.strawberry_field, "store", None)
    if hints is None or not hints.only or hints.prefetch_related or hints.annotate:
        raise NotPlain("a resolver that does not say what it reads")
    return hints
