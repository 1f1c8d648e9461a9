"""The PostgreSQL of the run: its processes, what it logs, and what creating leaves in it."""

from pathlib import Path

from django.db import connection

from benchmarks.bench.processes import processes


def _value(sql: str) -> str:
    with connection.cursor() as cursor:
        cursor.execute(sql)
        return str(cursor.fetchone()[0])


def postmaster() -> int:
    """The number of its main process."""
    return processes()[int(_value("SELECT pg_backend_pid()"))].parent


def log() -> Path:
    """The file that its standard error goes to: see `tests.server_home`."""
    return Path(_value("SHOW data_directory")).parent / "log"


def log_statements(which: str) -> None:
    """Logs `all` statements from now on, or `none`."""
    with connection.cursor() as cursor:
        cursor.execute("ALTER SYSTEM SET log_statement = %s", [which])
        cursor.execute("SELECT pg_reload_conf()")


def newest_habit() -> int:
    return int(_value("SELECT max(id) FROM habits_habit"))


def forget_habits_after(newest: int) -> None:
    """Takes the habits away that were made since, so that every round begins with the same ones."""
    with connection.cursor() as cursor:
        # Nothing refers to them; to look that up takes longer than to delete them.
        cursor.execute("SET session_replication_role = replica")
        cursor.execute("DELETE FROM habits_habit WHERE id > %s", [newest])
        cursor.execute("SET session_replication_role = DEFAULT")
        cursor.execute("VACUUM habits_habit")
