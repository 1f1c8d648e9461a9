"""What a production server tells of its schema: a type's name, and nothing else."""

from typing import Any

from django.utils.translation import gettext as _
from graphql import FieldNode, GraphQLError, ValidationRule, is_introspection_type

TOLD = frozenset({"name", "__typename"})


class IntrospectionRule(ValidationRule):
    """Refuses `__schema`, and all of `__type` but the name, which HTTP audits ask for."""

    def enter_field(self, node: FieldNode, *_args: Any) -> None:
        name, parent = node.name.value, self.context.get_parent_type()
        if name == "__schema" or (
            parent is not None and is_introspection_type(parent) and name not in TOLD
        ):
            self.report_error(GraphQLError(_("Introspection is off on this server."), node))
