"""How the database that `DATABASE_URL` names is reached."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import dj_database_url
from django.core.exceptions import ImproperlyConfigured

REACHED = {
    "connect_timeout": 5,
    "keepalives_idle": 15,
    "keepalives_interval": 5,
    "keepalives_count": 3,
    "tcp_user_timeout": 30_000,
}
"""A server that vanished without a word is noticed within half a minute, not after hours. In
seconds, but for the last, in milliseconds; what the URL says goes before."""


def database(url: str, parameters: Mapping[str, object]) -> dict[str, Any]:
    """Django's settings of a database, whose file's folder is made where it is one of SQLite.

    `parameters` are those of PostgreSQL's server that a connection asks for. Raises
    `ImproperlyConfigured` for an address that is none of the two, cannot be read or names nothing.
    """
    if not url.startswith(("postgres://", "postgresql://", "sqlite:///")):
        raise ImproperlyConfigured("DATABASE_URL must start with postgres:// or sqlite:///.")
    try:
        found: dict[str, Any] = {**dj_database_url.parse(url, conn_max_age=None)}
    except ValueError:
        raise ImproperlyConfigured("DATABASE_URL cannot be read: is it a complete URL?") from None
    if not found["NAME"]:
        raise ImproperlyConfigured("DATABASE_URL must name a database.")
    if found["ENGINE"] == "django.db.backends.sqlite3":
        Path(found["NAME"]).parent.mkdir(parents=True, exist_ok=True)
        found["OPTIONS"] = {
            # A transaction that reads first and writes later would fail at once, not wait, when
            # another thread wrote in between; IMMEDIATE waits for its turn at the start.
            "transaction_mode": "IMMEDIATE",
            "timeout": 20,
            "init_command": "PRAGMA journal_mode=WAL;",
        }
        return found
    options = {**REACHED, **found.get("OPTIONS", {})}
    asked = " ".join(f"-c {name}={value}" for name, value in parameters.items())
    options["options"] = f"{options.get('options', '')} {asked}".strip()
    return {**found, "ENGINE": "backend.postgresql", "CONN_HEALTH_CHECKS": True, "OPTIONS": options}
