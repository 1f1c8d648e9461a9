"""The engine that `DATABASES` names for PostgreSQL."""

import select
from collections import OrderedDict

from django.conf import settings
from django.db.backends.postgresql.base import DatabaseWrapper as DjangoDatabaseWrapper


class DatabaseWrapper(DjangoDatabaseWrapper):
    """Knows what its connection has prepared, and asks less often whether that still works."""

    prepared: OrderedDict[str, None] | None = None
    """The names of this connection's prepared statements (`accounts.sql.prepared`), the one not
    used longest first; None where it prepares none. Whoever empties it has them prepared anew."""

    def init_connection_state(self) -> None:
        super().init_connection_state()
        is_wanted = settings.PREPARED_STATEMENTS and self._is_direct()
        self.prepared = OrderedDict() if is_wanted else None

    def is_usable(self) -> bool:
        """Whether a kept connection works; called before the first statement of a request.

        A server that stops, or ends an idle connection, says so: then there is something to read
        before anything was asked. Only then it is asked; one that vanishes without a word is the
        time-outs' business either way.
        """
        if self.connection is None or self.connection.closed:
            return False
        waiting = select.poll()
        waiting.register(self.connection.fileno(), select.POLLIN)
        return super().is_usable() if waiting.poll(0) else True

    def _is_direct(self) -> bool:
        """Whether there is no pooler in between, such as PgBouncer.

        What a connection prepares, the next transaction may not find there: a pooler gives it
        another server process. But it also has to hand out keys of its own for cancelling, and with
        them numbers of processes that are not the server's.
        """
        with self.connection.cursor() as cursor:
            cursor.execute("SELECT pg_backend_pid()")
            (pid,) = cursor.fetchone()
        return bool(pid == self.connection.get_backend_pid())
