"""What a person may read about themselves."""

from typing import cast

import strawberry
from strawberry.types import Info

from accounts.permissions import current_user
from accounts.types import UserType


@strawberry.type
class Query:
    @strawberry.field(description="The person whose access token came along.")
    def me(self, info: Info) -> UserType:
        return cast("UserType", current_user(info))
