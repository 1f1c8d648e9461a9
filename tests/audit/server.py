"""A server of our own to be audited, with throw-away keys and an empty SQLite file."""

import contextlib
import tempfile
from collections.abc import Iterator
from pathlib import Path

from tests.audit.reference import AuditError
from tests.backend.running import running, wait_for

START_SECONDS = 60


@contextlib.contextmanager
def serving(server: str, *, development: bool) -> Iterator[str]:
    """The address of the endpoint of a running `serve` or `up`; raises `AuditError`."""
    given = {"DEBUG": str(development).lower(), "ALLOWED_HOSTS": "127.0.0.1"}
    with (
        tempfile.TemporaryDirectory(prefix="audit-") as folder,
        running(Path(folder), server, **given) as program,
    ):

        def is_settled() -> bool:
            return program.get("/healthz")[0] == 200 or program.process.poll() is not None

        with contextlib.suppress(AssertionError):
            wait_for(is_settled, START_SECONDS, server)
        if program.get("/healthz")[0] != 200:
            log = program.log.read_text()[-2000:]
            raise AuditError(f"The server did not start. The end of its log:\n{log}")
        yield f"{program.address}/graphql"
