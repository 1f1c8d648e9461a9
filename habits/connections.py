"""Relay connections over keyset pages."""

from typing import Any, Generic

import strawberry
from strawberry import relay
from strawberry.relay import NodeType

from habits.paging import Page


@strawberry.type(name="Connection", description="A page of a list.")
class Connection(relay.Connection[NodeType], Generic[NodeType]):
    page: strawberry.Private[Page[Any]]

    @classmethod
    def of(cls, page: Page[Any]) -> "Connection[NodeType]":
        # The fields below are computed when they are selected, unlike those they override.
        return cls(page=page)  # type: ignore[call-arg]

    @strawberry.field(description="The page's entries, in order.")  # type: ignore[misc]  # as above
    def edges(self) -> list[relay.Edge[NodeType]]:
        return [relay.Edge(node=row, cursor=self.page.cursor(row)) for row in self.page.rows]

    @strawberry.field(description="How to go on from this page.")  # type: ignore[misc]  # as above
    def page_info(self) -> relay.PageInfo:
        page = self.page
        rows = page.rows
        return relay.PageInfo(
            has_next_page=page.has_next,
            has_previous_page=page.has_previous,
            start_cursor=page.cursor(rows[0]) if rows else None,
            end_cursor=page.cursor(rows[-1]) if rows else None,
        )

    @strawberry.field(description="How many there are on all pages; counted only when selected.")
    def total_count(self) -> int:
        return self.page.rows_of.count()
