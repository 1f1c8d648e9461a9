"""A password hasher that takes no time, and in which something may happen meanwhile."""

from collections.abc import Callable
from typing import ClassVar

from django.contrib.auth.hashers import MD5PasswordHasher


class QuickHasher(MD5PasswordHasher):
    """`meanwhile` runs once, after the next password was verified."""

    meanwhile: ClassVar[Callable[[], object] | None] = None

    def verify(self, password: str, encoded: str) -> bool:
        is_right = super().verify(password, encoded)
        meanwhile, QuickHasher.meanwhile = QuickHasher.meanwhile, None
        if meanwhile is not None:
            meanwhile()
        return is_right


PATH = f"{QuickHasher.__module__}.{QuickHasher.__qualname__}"
