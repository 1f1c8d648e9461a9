"""How much a document asks for, found in one pass over its text.

Each fragment is measured once, however often it is spread, so the pass takes time linear in the
text. The document need not be valid: a fragment that is missing counts as empty, and so does one
inside itself; validation names them afterwards.
"""

from collections.abc import Collection, Mapping
from dataclasses import dataclass

from graphql import (
    DirectiveNode,
    DocumentNode,
    FieldNode,
    FragmentDefinitionNode,
    FragmentSpreadNode,
    InlineFragmentNode,
    IntValueNode,
    OperationDefinitionNode,
    SelectionSetNode,
    StringValueNode,
    ValueNode,
    VariableNode,
)

from accounts.mutations import SINGLE_FIELDS
from backend.lengths import DAYS, LENGTH_ARGUMENTS, LISTS_OF_DAYS, READS, ROWS, Length, page


@dataclass(slots=True)
class Size:
    """What a selection asks for, with its fragments written out.

    `depth` is the longest way down, in fields. `cost` counts each field once for every row that
    its list may have; `daily_cost` is what comes once for each day, of which a field further up
    says how many they are. `root_fields` and `single_fields` are those of the uppermost level: all
    of them, and those of which an operation has few (`SINGLE_FIELDS`).
    """

    depth: int = 0
    fields: int = 0
    aliases: int = 0
    cost: int = 0
    daily_cost: int = 0
    root_fields: int = 0
    single_fields: int = 0

    def include(self, other: "Size") -> None:
        """Grows by a selection that stands beside this one."""
        self.depth = max(self.depth, other.depth)
        self.fields += other.fields
        self.aliases += other.aliases
        self.cost += other.cost
        self.daily_cost += other.daily_cost
        self.root_fields += other.root_fields
        self.single_fields += other.single_fields


class Measurement:
    """The sizes of a document's operations and fragments, and what its text has of directives.

    `page_fields` names the fields that answer a page of a list; `variables` are the request's, of
    which some may say how long a list is: `length_variables` collects their names.
    """

    def __init__(
        self, document: DocumentNode, page_fields: Collection[str], variables: Mapping[str, object]
    ) -> None:
        self._rows: Mapping[str, Length] = {**dict.fromkeys(page_fields, page), **ROWS}
        self._variables = variables
        self._fragment_nodes = {
            node.name.value: node
            for node in document.definitions
            if isinstance(node, FragmentDefinitionNode)
        }
        self.fields_in_text = 0
        self.directives = 0
        self.directives_of_a_node = 0
        self.length_variables: set[str] = set()
        self.fragments: dict[str, Size] = {}
        self.operations = [
            self._of_operation(node)
            for node in document.definitions
            if isinstance(node, OperationDefinitionNode)
        ]
        # Validation looks at all fragments, also at those that no operation spreads.
        for name in self._fragment_nodes:
            self._of_fragment(name)

    def _of_operation(self, node: OperationDefinitionNode) -> Size:
        self._count(node.directives)
        for variable in node.variable_definitions:
            self._count(variable.directives)
        return self._of_selections(node.selection_set)

    def _of_fragment(self, name: str) -> Size:
        if name not in self.fragments:
            self.fragments[name] = Size()  # where a cycle ends
            node = self._fragment_nodes.get(name)
            if node is not None:
                self._count(node.directives)
                self.fragments[name] = self._of_selections(node.selection_set)
        return self.fragments[name]

    def _of_selections(self, selection_set: SelectionSetNode | None) -> Size:
        size = Size()
        for node in selection_set.selections if selection_set else ():
            self._count(node.directives)
            if isinstance(node, FieldNode):
                size.include(self._of_field(node))
            elif isinstance(node, FragmentSpreadNode):
                size.include(self._of_fragment(node.name.value))
            elif isinstance(node, InlineFragmentNode):
                size.include(self._of_selections(node.selection_set))
        return size

    def _of_field(self, node: FieldNode) -> Size:
        self.fields_in_text += 1
        name = node.name.value
        below = self._of_selections(node.selection_set)
        cost, daily_cost = below.cost, below.daily_cost
        if name in self._rows:
            rows = self._rows[name](self._arguments(node))
            cost, daily_cost = cost * rows, daily_cost * rows
        elif name in DAYS:
            days = DAYS[name](self._arguments(node))
            cost, daily_cost = cost + (daily_cost + 1) * days, 0
        elif name in LISTS_OF_DAYS:
            cost, daily_cost = 0, cost
        return Size(
            depth=below.depth + 1,
            fields=below.fields + 1,
            aliases=below.aliases + (node.alias is not None),
            cost=cost + READS.get(name, 0) + 1,
            daily_cost=daily_cost,
            root_fields=1,
            single_fields=int(name in SINGLE_FIELDS),
        )

    def _arguments(self, node: FieldNode) -> dict[str, object]:
        """Those that may say how long a list is."""
        return {
            argument.name.value: self._value(argument.value)
            for argument in node.arguments
            if argument.name.value in LENGTH_ARGUMENTS
        }

    def _value(self, node: ValueNode) -> object:
        if isinstance(node, VariableNode):
            name = node.name.value
            self.length_variables.add(name)
            return self._variables.get(name)
        return _plain(node)

    def _count(self, directives: Collection[DirectiveNode]) -> None:
        self.directives += len(directives)
        self.directives_of_a_node = max(self.directives_of_a_node, len(directives))


def defaults(document: DocumentNode) -> dict[str, object]:
    """Numbers and texts that variables stand for where a request gives them no value."""
    return {
        variable.variable.name.value: _plain(variable.default_value)
        for operation in document.definitions
        if isinstance(operation, OperationDefinitionNode)
        for variable in operation.variable_definitions
        if variable.default_value is not None
    }


def _plain(node: ValueNode) -> object:
    # Python reads no number of thousands of digits; four are more than any list has.
    if isinstance(node, IntValueNode):
        return int(node.value[:5])
    return node.value if isinstance(node, StringValueNode) else None
