"""The keys that sign tokens and sessions: checked in production, made once in development."""

import contextlib
import secrets
from pathlib import Path

from django.core.exceptions import ImproperlyConfigured

MIN_BYTES = 32
"""The key length that HMAC-SHA256 asks for (RFC 7518, section 3.2)."""

MIN_DISTINCT_CHARACTERS = 5
"""As Django's own deployment check (security.W009) counts them."""


def check_key(name: str, value: str) -> str:
    """`value` if it is strong enough to sign with, else `ImproperlyConfigured` naming `name`."""
    if not value:
        raise ImproperlyConfigured(
            f"{name} is missing: set it to at least {MIN_BYTES} random bytes"
            " (python3 -c 'import secrets; print(secrets.token_urlsafe(48))')."
        )
    if len(value.encode()) < MIN_BYTES or len(set(value)) < MIN_DISTINCT_CHARACTERS:
        raise ImproperlyConfigured(
            f"{name} is weak: it needs at least {MIN_BYTES} bytes"
            f" of {MIN_DISTINCT_CHARACTERS} or more different characters."
        )
    return value


def development_key(file: Path) -> str:
    """The key kept in `file`, made at the first call; processes starting at once agree on it."""
    if not file.exists():
        file.parent.mkdir(parents=True, exist_ok=True)
        draft = file.with_name(f"{file.name}.{secrets.token_hex(8)}")
        draft.touch(mode=0o600)
        draft.write_text(secrets.token_urlsafe(48), encoding="ascii")
        try:
            with contextlib.suppress(FileExistsError):
                file.hardlink_to(draft)
        finally:
            draft.unlink()
    return file.read_text(encoding="ascii").strip()
