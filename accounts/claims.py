"""What a good token claims: that its account is live. Only the database knows whether that holds.

Whoever reads for a claimed account may ask that along with the rows, in one statement: rows that
come prove it. Where none come, or nothing is read, `settle` asks by itself.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Any

from django.db.models import Exists, QuerySet

from accounts.errors import Unauthenticated
from accounts.models import User
from accounts.sql.loading import loaded
from accounts.sql.statements import models

NO_ANNOTATIONS: Mapping[str, Any] = MappingProxyType({})


@dataclass(slots=True)
class Claim:
    """The claim to be the account of that number, with its tokens of that generation."""

    pk: int
    generation: int
    is_proven: bool = False

    def is_live(self) -> Exists:
        """The condition that other statements take in; it holds for all of their rows or none."""
        return Exists(self._accounts())

    @property
    def parameters(self) -> list[Any]:
        """Those of `is_live`, as its SQL has them; the 1 is what Django lets EXISTS select."""
        return [1, self.pk, self.generation]

    def settle(self) -> None:
        """Asks the database, unless rows have proven it; raises `Unauthenticated`."""
        if not self.is_proven and self.account() is None:
            raise Unauthenticated

    def account(
        self, *, lock: bool = False, annotations: Mapping[str, Any] = NO_ANNOTATIONS
    ) -> User | None:
        """The account as it stands now; None where it is not live.

        With `lock` its row stays locked until the transaction ends. `annotations` are expressions
        that are read with it, as attributes of these names.
        """

        def accounts(annotations: Mapping[str, Any]) -> QuerySet[User]:
            found = self._accounts().annotate(**annotations)
            return found.select_for_update(no_key=True) if lock else found

        shape = "account", lock
        found = models(User, shape, accounts, [self.pk, self.generation], annotations)
        self.is_proven = bool(found)
        return found[0] if found else None

    def user(self) -> User:
        """The account as far as the claim tells, which is its number; the rest is read when asked
        for (`User.refresh_from_db`).
        """
        return loaded(User, {"id": self.pk, "claim": self})

    def _accounts(self) -> QuerySet[User]:
        """The account, while it exists, is active and has not revoked the token's generation."""
        live = User.objects.filter(pk=self.pk, token_generation=self.generation, is_active=True)
        return live.order_by()
