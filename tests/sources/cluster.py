"""A PostgreSQL with PostGIS of a test's own: made in a folder for the time being, started, stopped and removed."""

from __future__ import annotations

import os
import pwd
import shutil
import signal
import socket
import subprocess
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path

import pytest

OWNER = "longquan"
PASSWORD = "p@ss/w:rd?&=#%"  # all that an address has to escape


@dataclass(frozen=True)
class Cluster:
    """A server that listens on a socket in its folder (everyone is let in) and on loopback (with a password)."""

    bin: Path
    folder: Path
    port: int

    def address(self, database: str, user: str = OWNER) -> str:
        """By the socket, without a password."""
        return f"postgresql://{user}@/{database}?host={self.folder}&port={self.port}"

    def run(self, database: str, *statements: str) -> str:
        """Run SQL as the owner of everything; what it answers."""
        command = [
            self.bin / "psql",
            "-X",
            "-q",
            "-A",
            "-t",
            "-v",
            "ON_ERROR_STOP=1",
            "-f",
            "-",
            self.address(database),
        ]
        text = ";\n".join(("SET lock_timeout = '10s'", *statements))  # of what a failed test left open
        done = subprocess.run(command, input=text, text=True, capture_output=True, check=False)
        assert done.returncode == 0, done.stderr
        return done.stdout


@contextmanager
def running() -> Iterator[Cluster]:
    """Make a cluster and run it. Skips where there is no PostGIS; fails there when CI=true."""
    bin = _binaries()
    if bin is None:
        says = "PostgreSQL with PostGIS is not installed; on Debian: postgresql-postgis"
        if os.environ.get("CI") == "true":
            pytest.fail(says)
        pytest.skip(says)
    with tempfile.TemporaryDirectory(prefix="longquan-") as name:  # a socket's path may have 107 bytes: not tmp_path
        folder = Path(name)
        as_whom = _unprivileged(folder)
        data = folder / "data"
        subprocess.run(
            [bin / "initdb", "-D", data, "-U", OWNER, "-A", "trust", "-E", "UTF8", "--no-locale", "--no-sync"],
            check=True, capture_output=True, **as_whom,
        )  # fmt: skip
        (data / "pg_hba.conf").write_text("local all all trust\nhost all all 127.0.0.1/32 scram-sha-256\n")
        with socket.socket() as free:
            free.bind(("127.0.0.1", 0))
            port = free.getsockname()[1]
        settings = {
            "listen_addresses": "127.0.0.1", "port": port, "unix_socket_directories": folder, "fsync": "off",
            "max_connections": 20, "shared_buffers": "16MB", "log_destination": "stderr", "lc_messages": "C",
        }  # fmt: skip
        options = [word for key, value in settings.items() for word in ("-c", f"{key}={value}")]
        with (folder / "log").open("wb") as log:
            server = subprocess.Popen([bin / "postgres", "-D", data, *options], stdout=log, stderr=log, **as_whom)
        try:
            _wait(server, bin, folder, port)
            cluster = Cluster(bin, folder, port)
            cluster.run("postgres", f"ALTER ROLE {OWNER} PASSWORD '{PASSWORD}'")
            yield cluster
        finally:
            server.send_signal(signal.SIGINT)  # "fast": ends what is connected
            try:
                server.wait(20)
            except subprocess.TimeoutExpired:
                server.kill()
                server.wait()


def _binaries() -> Path | None:
    """The folder of the newest PostgreSQL that has PostGIS."""
    found = sorted(Path("/usr/lib/postgresql").glob("*/bin"), key=lambda path: int(path.parent.name), reverse=True)
    if there := shutil.which("initdb"):
        found.append(Path(there).resolve().parent)
    for folder in found:
        if (folder / "postgres").exists() and (folder / "pg_config").exists():
            shared = subprocess.run([folder / "pg_config", "--sharedir"], text=True, capture_output=True, check=True)
            if (Path(shared.stdout.strip()) / "extension" / "postgis.control").exists():
                return folder
    return None


def _unprivileged(folder: Path) -> dict[str, object]:
    """How to start a process that is not root, which PostgreSQL refuses to run as; the folder becomes its own."""
    if os.geteuid() != 0:
        return {}
    for name in ("postgres", "nobody"):
        with suppress(KeyError):
            who = pwd.getpwnam(name)
            os.chown(folder, who.pw_uid, who.pw_gid)
            return {"user": who.pw_uid, "group": who.pw_gid, "extra_groups": [], "cwd": folder}
    raise AssertionError("no user to run PostgreSQL as")


def _wait(server: subprocess.Popen[bytes], bin: Path, folder: Path, port: int) -> None:
    for _try in range(300):
        if server.poll() is not None:
            break
        command = [bin / "pg_isready", "-q", "-h", folder, "-p", str(port)]
        if subprocess.run(command, check=False).returncode == 0:
            return
        time.sleep(0.05)
    raise AssertionError((folder / "log").read_text(errors="replace"))
