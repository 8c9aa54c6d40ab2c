"""nginx, Caddy and Apache as Debian packs them, with the very configuration that the doctor gives, and without it.

Each is started on loopback in a temporary folder and stopped again; one that is not installed is skipped.
"""

from __future__ import annotations

import getpass
import os
import shutil
import socket
import subprocess
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from pipeline.publish.fixes import fixes_of
from tests.publish.site import examined, found, write_site

GOOD = ("types", "keeping", "origin", "packing")


def nginx(folder: Path, port: int, lines: str) -> list[str]:
    """One process, nothing outside the folder; lines go into ``server {}``."""
    user = f"user {getpass.getuser()};" if os.geteuid() == 0 else ""
    paths = "\n".join(
        f"{name}_temp_path {folder}/{name};" for name in ("client_body", "proxy", "fastcgi", "uwsgi", "scgi")
    )
    (folder / "nginx.conf").write_text(
        f"{user} daemon off; master_process off; pid {folder}/pid; error_log {folder}/error.log;\n"
        f"events {{}}\nhttp {{ access_log off; default_type application/octet-stream; {paths}\n"
        "types { text/html html; text/css css; application/javascript js; image/png png; image/svg+xml svg; }\n"
        f"server {{ listen 127.0.0.1:{port}; root {folder}/site;\n{lines}\n}} }}"
    )
    return ["nginx", "-e", f"{folder}/error.log", "-p", str(folder), "-c", f"{folder}/nginx.conf"]


def caddy(folder: Path, port: int, lines: str) -> list[str]:
    """Lines go into the site's block."""
    (folder / "Caddyfile").write_text(
        "{\n    admin off\n    auto_https off\n}\n"
        f"http://127.0.0.1:{port} {{\n    bind 127.0.0.1\n    root * {folder}/site\n    file_server\n{lines}\n}}\n"
    )
    return ["caddy", "run", "--config", f"{folder}/Caddyfile", "--adapter", "caddyfile"]


def apache(folder: Path, port: int, lines: str) -> list[str]:
    """Debian's modules; lines go into the virtual host."""
    program = Path(shutil.which("apache2") or "/usr/sbin/apache2").resolve()
    modules = Path(os.environ.get("APACHE_MODULES", program.parents[1] / "lib/apache2/modules"))
    wanted = "mpm_event authz_core mime dir headers rewrite setenvif filter deflate".split()  # noqa: SIM905
    load = "\n".join(f"LoadModule {name}_module {modules}/mod_{name}.so" for name in wanted)
    (folder / "mime.types").write_text("text/html html\ntext/css css\ntext/javascript js\nimage/svg+xml svg\n")
    (folder / "apache.conf").write_text(
        f"ServerRoot {folder}\nServerName 127.0.0.1\nListen 127.0.0.1:{port}\nPidFile {folder}/pid\n"
        f"Mutex file:{folder}\nErrorLog {folder}/error.log\n{load}\nTypesConfig {folder}/mime.types\n"
        f"DocumentRoot {folder}/site\nStartServers 1\n"
        f"<Directory {folder}/site>\n    Require all granted\n</Directory>\n"
        f"<VirtualHost *:{port}>\n{lines}\n</VirtualHost>\n"
    )
    return ["apache2", "-D", "FOREGROUND", "-f", f"{folder}/apache.conf"]


SETUPS: dict[str, Callable[[Path, int, str], list[str]]] = {"nginx": nginx, "caddy": caddy, "apache": apache}
PROGRAMS = {"nginx": "nginx", "caddy": "caddy", "apache": "apache2"}
# How each is broken on purpose, and what the doctor must say.
BROKEN = {
    ("nginx", "packed"): ("gzip on;\ngzip_types *;\ngzip_min_length 1;", {"packing"}),
    ("nginx", "no parts"): ("max_ranges 0;", {"range"}),
    ("nginx", "types"): ("types { text/plain js css html; }", {"types"}),
    ("nginx", "page for all"): ("location / { try_files $uri /index.html; }", {"absent"}),
    ("caddy", "packed"): ("encode gzip {\n match {\n header Content-Type *\n }\n minimum_length 1\n}", {"packing"}),
    ("caddy", "no parts"): ("header -Accept-Ranges\nrequest_header -Range", {"range"}),
    ("caddy", "types"): ("@js path *.js\nheader @js Content-Type text/plain", {"types"}),
    ("apache", "packed"): ("SetOutputFilter DEFLATE", {"packing"}),
    ("apache", "no parts"): ("MaxRanges none", {"range"}),
    ("apache", "types"): ("AddType text/plain .js .css", {"types"}),
}


@contextmanager
def started(kind: str, folder: Path, lines: str) -> Iterator[str]:
    """The address of a server that answers."""
    if shutil.which(PROGRAMS[kind]) is None:
        pytest.skip(f"{PROGRAMS[kind]} is not installed on this machine")
    write_site(folder / "site")
    folder.chmod(0o755)
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    command = SETUPS[kind](folder, port, lines)
    home = {**os.environ, "HOME": str(folder), "XDG_DATA_HOME": str(folder), "XDG_CONFIG_HOME": str(folder)}
    with (folder / "out").open("wb") as out:
        process = subprocess.Popen(command, stdout=out, stderr=out, env=home, cwd=folder)
    try:
        deadline = time.monotonic() + 10
        while True:
            try:
                socket.create_connection(("127.0.0.1", port), timeout=1).close()
                break
            except OSError:
                told = (folder / "out").read_text(errors="replace")
                assert process.poll() is None and time.monotonic() < deadline, told
                time.sleep(0.02)
        yield f"http://127.0.0.1:{port}/"
    finally:
        process.terminate()
        try:
            process.wait(5)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()


def good(kind: str) -> str:
    """The doctor's own fixes, all of them together."""
    return "\n".join(fixes_of(remedy)[kind] for remedy in GOOD)


@pytest.mark.parametrize("kind", sorted(SETUPS))
def test_with_the_fixes_nothing_is_found(kind: str, tmp_path: Path) -> None:
    extra = {"nginx": "gzip on;", "apache": "SetOutputFilter DEFLATE"}.get(kind, "")
    with started(kind, tmp_path, good(kind) + "\n" + extra) as address:
        diagnosis = examined(address)
    # Apache 2.4 sends 416 without the size, whatever it is told; nobody's map asks for that.
    assert found(diagnosis) == ({"beyond": "notice"} if kind == "apache" else {})
    assert diagnosis.kind == kind


@pytest.mark.parametrize("kind", sorted(SETUPS))
def test_as_it_comes(kind: str, tmp_path: Path) -> None:
    with started(kind, tmp_path, "") as address:
        states = found(examined(address))
    assert {name for name, state in states.items() if state == "fault"} == {
        *("preflight", "origin", "exposed", "pointers")
    }
    assert (states.get("beyond") == "notice") == (kind == "apache")


@pytest.mark.parametrize(("kind", "how"), sorted(BROKEN))
def test_broken_on_purpose(kind: str, how: str, tmp_path: Path) -> None:
    lines, expected = BROKEN[kind, how]
    with started(kind, tmp_path, lines) as address:
        states = found(examined(address))
    faults = {name for name, state in states.items() if state == "fault"}
    assert expected <= faults
