"""A password hasher that tells of its work. Tests put it into `PASSWORD_HASHERS`."""

from collections.abc import Callable
from typing import ClassVar

from accounts.hashers import Argon2idPasswordHasher


class WatchedHasher(Argon2idPasswordHasher):
    """The real one, counted; `meanwhile` runs once, after the next password was verified."""

    hashings: ClassVar[int] = 0
    meanwhile: ClassVar[Callable[[], object] | None] = None

    def encode(self, password: str, salt: str) -> str:
        WatchedHasher.hashings += 1
        return super().encode(password, salt)

    def verify(self, password: str, encoded: str) -> bool:
        WatchedHasher.hashings += 1
        is_right = super().verify(password, encoded)
        meanwhile, WatchedHasher.meanwhile = WatchedHasher.meanwhile, None
        if meanwhile is not None:
            meanwhile()
        return is_right
