"""The engine that `DATABASES` names for PostgreSQL."""

import select

from django.db.backends.postgresql.base import DatabaseWrapper as DjangoDatabaseWrapper


class DatabaseWrapper(DjangoDatabaseWrapper):
    """Asks the server whether a kept connection still works only where there is a reason to.

    A server that stops, or ends an idle connection, says so: then there is something to read before
    anything was asked. One that vanishes without a word is the time-outs' business either way.
    """

    def is_usable(self) -> bool:
        """Whether the connection works; called before the first statement of a request."""
        if self.connection is None or self.connection.closed:
            return False
        waiting = select.poll()
        waiting.register(self.connection.fileno(), select.POLLIN)
        return super().is_usable() if waiting.poll(0) else True
