"""Databases for tests: SQLite in a folder, and a real PostgreSQL server of our own."""

import os
import pwd
import shutil
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from tempfile import mkdtemp

import psycopg
import pytest

_OPTIONS = "-c listen_addresses='' -c fsync=off -c unix_socket_directories={folder}"


def program(name: str) -> str | None:
    """A program of PostgreSQL, where Debian and others put it."""
    found = sorted(Path("/usr/lib/postgresql").glob(f"*/bin/{name}"))
    return shutil.which(name) or (str(found[-1]) if found else None)


@contextmanager
def postgresql() -> Iterator[str]:
    """A server that only this block knows; its URL without a database's name."""
    if not program("initdb"):
        pytest.skip("PostgreSQL's server is not installed here")
    folder = Path(mkdtemp(prefix="poisk-pg-"))  # a socket's path must be short
    user = "postgres" if os.geteuid() == 0 else pwd.getpwuid(os.geteuid()).pw_name
    if os.geteuid() == 0:  # the server refuses to run as root
        shutil.chown(folder, user)
    as_user = {"user": user} if os.geteuid() == 0 else {}

    def run(name: str, *arguments: str) -> None:
        subprocess.run(
            [str(program(name)), *arguments],
            check=True, cwd=folder, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
            env={**os.environ, "HOME": str(folder)}, **as_user,
        )  # type: ignore[call-overload]  # fmt: skip

    data = folder / "data"
    run("initdb", "-A", "trust", "-U", "poisk", "-D", str(data), "--no-sync")
    options = _OPTIONS.format(folder=folder)
    run("pg_ctl", "-D", str(data), "-o", options, "-l", str(folder / "log"), "-w", "start")
    try:
        yield f"postgresql+psycopg://poisk@/{{name}}?host={folder}"
    finally:
        run("pg_ctl", "-D", str(data), "-m", "immediate", "-w", "stop")
        shutil.rmtree(folder, ignore_errors=True)


def make_database(url: str, name: str) -> str:
    """A new database on the server; its URL."""
    folder = url.partition("host=")[2]
    with psycopg.connect(f"user=poisk dbname=postgres host={folder}", autocommit=True) as server:
        server.execute(f'CREATE DATABASE "{name}"')
    return url.format(name=name)
