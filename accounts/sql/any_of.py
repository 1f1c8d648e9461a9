"""`AnyOf(F("pk"), numbers)` means `pk__in=numbers`, in SQL that is the same for any count of them.

So it is one shape (`accounts.sql.statements`), whose parameter is the list.
"""

from typing import Any

from django.db.backends.base.base import BaseDatabaseWrapper
from django.db.models.lookups import In
from django.db.models.sql.compiler import SQLCompiler


class AnyOf(In):
    """PostgreSQL takes the list as an array; another database gets what `In` writes."""

    def as_postgresql(
        self, compiler: SQLCompiler, connection: BaseDatabaseWrapper
    ) -> tuple[str, list[Any]]:
        column, parameters = self.process_lhs(compiler, connection)
        return f"{column} = ANY (%s)", [*parameters, list(self.rhs)]
