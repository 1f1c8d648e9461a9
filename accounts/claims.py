"""What a good token claims: that its account is live. Only the database knows whether that holds.

Whoever reads for a claimed account may ask that along with the rows, in one statement: rows that
come prove it. Where none come, or nothing is read, `settle` asks by itself.
"""

from dataclasses import dataclass
from typing import Any

from django.db import DEFAULT_DB_ALIAS
from django.db.models import Exists, QuerySet

from accounts.errors import Unauthenticated
from accounts.models import User


@dataclass(slots=True)
class Claim:
    """The claim to be the account of that number, with its tokens of that generation."""

    pk: int
    generation: int
    is_proven: bool = False

    @property
    def accounts(self) -> QuerySet[User]:
        """The account, while it exists, is active and has not revoked the token's generation."""
        live = User.objects.filter(pk=self.pk, token_generation=self.generation, is_active=True)
        return live.order_by()

    def is_live(self) -> Exists:
        """The condition that other statements take in; it holds for all of their rows or none."""
        return Exists(self.accounts)

    @property
    def parameters(self) -> list[Any]:
        """Those of `is_live`, as its SQL has them; the 1 is what Django lets EXISTS select."""
        return [1, self.pk, self.generation]

    def settle(self) -> None:
        """Asks the database, unless rows have proven it; raises `Unauthenticated`."""
        if not self.is_proven:
            self.account()

    def account(self) -> User:
        """The account as it stands now; raises `Unauthenticated` where it is not live."""
        found = self.accounts.first()
        if found is None:
            raise Unauthenticated
        self.is_proven = True
        return found

    def user(self) -> User:
        """The account as far as the claim tells, which is its number; the rest is read when asked
        for, by `account`.
        """
        user = User.from_db(DEFAULT_DB_ALIAS, ["id"], [self.pk])
        user.claim = self
        return user
