"""How much a document asks for, found in one pass over its text.

Each fragment is measured once, however often it is spread, so the pass takes time linear in the
text. The document need not be valid: a fragment that is missing counts as empty, and so does one
inside itself; validation names them afterwards.
"""

from collections.abc import Collection, Mapping
from dataclasses import dataclass

from django.conf import settings
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
    ValueNode,
    VariableNode,
)

from accounts.mutations import SINGLE_FIELDS

PAGE_ARGUMENTS = ("first", "last")


@dataclass(slots=True)
class Size:
    """What a selection asks for, with its fragments written out.

    `depth` is the longest way down, in fields. `cost` counts each field once for every row that
    its page may have. `root_fields` and `single_fields` are those of the uppermost level: all
    of them, and those of which an operation has few (`SINGLE_FIELDS`).
    """

    depth: int = 0
    fields: int = 0
    aliases: int = 0
    cost: int = 0
    root_fields: int = 0
    single_fields: int = 0

    def include(self, other: "Size") -> None:
        """Grows by a selection that stands beside this one."""
        self.depth = max(self.depth, other.depth)
        self.fields += other.fields
        self.aliases += other.aliases
        self.cost += other.cost
        self.root_fields += other.root_fields
        self.single_fields += other.single_fields


class Measurement:
    """The sizes of a document's operations and fragments, and what its text has of directives.

    `page_fields` names the fields that answer a page of a list; `variables` are the request's, of
    which some may say how long a page is: `page_variables` collects their names.
    """

    def __init__(
        self, document: DocumentNode, page_fields: Collection[str], variables: Mapping[str, object]
    ) -> None:
        self._page_fields = page_fields
        self._variables = variables
        self._fragment_nodes = {
            node.name.value: node
            for node in document.definitions
            if isinstance(node, FragmentDefinitionNode)
        }
        self.fields_in_text = 0
        self.directives = 0
        self.directives_of_a_node = 0
        self.page_variables: set[str] = set()
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
        rows = self._rows(node) if name in self._page_fields else 1
        return Size(
            depth=below.depth + 1,
            fields=below.fields + 1,
            aliases=below.aliases + (node.alias is not None),
            cost=below.cost * rows + 1,
            root_fields=1,
            single_fields=int(name in SINGLE_FIELDS),
        )

    def _rows(self, node: FieldNode) -> int:
        """How many rows the page may have; a size that will be refused counts as the largest."""
        sizes = [
            self._number(argument.value)
            for argument in node.arguments
            if argument.name.value in PAGE_ARGUMENTS
        ]
        largest = settings.PAGE_SIZE_CAP
        return max(
            (size if 0 < size < largest else largest for size in sizes if size is not None),
            default=settings.PAGE_SIZE,
        )

    def _number(self, node: ValueNode) -> int | None:
        if isinstance(node, VariableNode):
            name = node.name.value
            self.page_variables.add(name)
            value = self._variables.get(name)
            return value if isinstance(value, int) else None
        # Python reads no number of thousands of digits; four are more than any page has.
        return int(node.value[:5]) if isinstance(node, IntValueNode) else None

    def _count(self, directives: Collection[DirectiveNode]) -> None:
        self.directives += len(directives)
        self.directives_of_a_node = max(self.directives_of_a_node, len(directives))


def page_defaults(document: DocumentNode) -> dict[str, object]:
    """Whole numbers that variables stand for where a request gives them no value."""
    return {
        variable.variable.name.value: int(variable.default_value.value[:5])
        for operation in document.definitions
        if isinstance(operation, OperationDefinitionNode)
        for variable in operation.variable_definitions
        if isinstance(variable.default_value, IntValueNode)
    }
