"""What a query may cost."""

from typing import Any

from graphql import DocumentNode, GraphQLError, OperationDefinitionNode, ValidationRule

MAX_OPERATIONS = 1


class OperationsRule(ValidationRule):
    """One operation a document: with several, what runs would hang on a second parameter."""

    def enter_document(self, node: DocumentNode, *_args: Any) -> None:
        operations = [
            each for each in node.definitions if isinstance(each, OperationDefinitionNode)
        ]
        if len(operations) > MAX_OPERATIONS:
            self.report_error(
                GraphQLError(
                    f"The document has {len(operations)} operations; the limit is"
                    f" {MAX_OPERATIONS}.",
                    operations,
                    extensions={"code": "QUERY_TOO_COMPLEX"},
                )
            )
