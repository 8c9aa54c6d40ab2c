"""nginx, Caddy and Apache as Debian packs them, started on loopback with the very files of docs/deploy.

A file is used as it is, but for what an administrator changes in it: names, ports, folders, certificates. A change
that finds nothing to change fails, so the files and this cannot drift apart.
"""

from __future__ import annotations

import getpass
import json
import os
import re
import shutil
import socket
import ssl
import subprocess
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from functools import cache
from pathlib import Path
from typing import NamedTuple

import pytest

from pipeline.publish.client import Client, trusting
from pipeline.release.media import _TYPES
from tests.publish.site import FILES, write_site

DEPLOY = Path(__file__).parents[2] / "docs" / "deploy"
PROGRAMS = {"nginx": "nginx", "caddy": "caddy", "apache": "apache2"}
SUFFIX = {"nginx": "conf", "caddy": "caddy", "apache": "conf"}
MODULES = (
    *("mpm_event", "authz_core", "authz_host", "authz_user", "authn_core", "authn_file", "auth_basic"),
    *("mime", "dir", "headers", "rewrite", "setenvif", "filter", "deflate", "ssl", "socache_shmcb", "http2"),
    *("proxy", "proxy_http"),
)


class Papers(NamedTuple):
    """PEM files: what the server shows, whom it lets in, and one who is let in and one who is not."""

    folder: Path
    server: Path
    friend: Path
    stranger: Path


def make_papers(folder: Path) -> Papers:
    """By OpenSSL's own program: a certificate of localhost, and two client certificates of two authorities."""
    if shutil.which("openssl") is None:
        pytest.skip("openssl is not installed on this machine")
    folder.mkdir()
    new = ("openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes")

    def made(name: str, *more: str) -> Path:
        key, certificate = folder / f"{name}-key.pem", folder / f"{name}.pem"
        command = [*new, "-days", "90", "-keyout", str(key), "-out", str(certificate), "-subj", f"/CN={name}", *more]
        subprocess.run(command, check=True, capture_output=True)
        both = folder / f"{name}-both.pem"
        both.write_text(certificate.read_text() + key.read_text())
        return both

    made("server", "-addext", "subjectAltName=DNS:localhost,IP:127.0.0.1")
    shutil.copy(folder / "server.pem", folder / "fullchain.pem")
    shutil.copy(folder / "server-key.pem", folder / "key.pem")
    authority = made("clients-ca")
    for name, signer in (("friend", authority), ("stranger", made("another-ca"))):
        made(name, "-CA", str(signer), "-CAkey", str(signer), "-addext", "basicConstraints=CA:FALSE")
    return Papers(folder, folder / "server.pem", folder / "friend-both.pem", folder / "stranger-both.pem")


def write_every_suffix(folder: Path) -> Path:
    """The small release of site.py, and a file of every suffix that a release may have."""
    write_site(folder)
    listed = json.loads((folder / "release.json").read_text())["files"]
    known = {path.rpartition(".")[2] for path in FILES}
    for suffix, kind in _TYPES.items():
        if suffix not in known and suffix != "config":  # IIS hides that one
            path = folder / "downloads" / f"sample.{suffix}"
            path.parent.mkdir(exist_ok=True)
            path.write_bytes(b"1234" * 500)
            os.utime(path, (1_700_000_000, 1_700_000_000))
            listed.append({"path": f"downloads/sample.{suffix}", "bytes": 2000, "type": kind})
    (folder / "metadata").mkdir(exist_ok=True)
    (folder / "metadata/timestamp.json").write_text("{}")
    (folder / "release.json").write_text(json.dumps({"files": listed}))
    return folder


def edited(text: str, changes: Mapping[str, str]) -> str:
    """The text with every change made; each must find something."""
    for old, new in changes.items():
        assert old in text, f"nothing to change: {old}"
        text = text.replace(old, new)
    return text


def _nginx(folder: Path, port: int, site: str) -> tuple[list[str], dict[str, str]]:
    paths = "\n".join(
        f"{name}_temp_path {folder}/{name};" for name in ("client_body", "proxy", "fastcgi", "uwsgi", "scgi")
    )
    user = f"user {getpass.getuser()};" if os.geteuid() == 0 else ""
    (folder / "nginx.conf").write_text(
        f"{user} daemon off; worker_processes 1; pid {folder}/pid; error_log {folder}/error.log;\n"
        f"events {{}}\nhttp {{ access_log off; {paths}\ninclude {folder}/site.conf;\n}}"
    )
    (folder / "site.conf").write_text(edited(site, {"listen 443 ssl": f"listen 127.0.0.1:{port} ssl"}))
    return ["nginx", "-e", f"{folder}/error.log", "-p", str(folder), "-c", f"{folder}/nginx.conf"], {}


def _caddy(folder: Path, port: int, site: str) -> tuple[list[str], dict[str, str]]:
    name = re.search(r"^https://\S+", site, re.MULTILINE)
    assert name is not None
    (folder / "site.caddy").write_text(
        edited(site, {name[0] + " {": f"https://localhost:{port} {{\n\tbind 127.0.0.1\n"})
    )
    (folder / "Caddyfile").write_text(
        "{\n\tadmin off\n\tskip_install_trust\n\tauto_https disable_redirects\n}\n"
        "import longquan-files.caddy\nimport site.caddy\n"
    )
    home = {"HOME": str(folder), "XDG_DATA_HOME": str(folder), "XDG_CONFIG_HOME": str(folder)}
    return ["caddy", "run", "--config", f"{folder}/Caddyfile", "--adapter", "caddyfile"], home


def _apache(folder: Path, port: int, site: str) -> tuple[list[str], dict[str, str]]:
    program = Path(shutil.which("apache2") or "/usr/sbin/apache2").resolve()
    modules = Path(os.environ.get("APACHE_MODULES", program.parents[1] / "lib/apache2/modules"))
    load = "\n".join(f"LoadModule {name}_module {modules}/mod_{name}.so" for name in MODULES)
    (folder / "mime.types").write_text("text/html html\n")
    (folder / "site.conf").write_text(edited(site, {"<VirtualHost *:443>": f"<VirtualHost 127.0.0.1:{port}>"}))
    (folder / "apache.conf").write_text(
        f"ServerRoot {folder}\nServerName 127.0.0.1\nListen 127.0.0.1:{port}\nPidFile {folder}/pid\n"
        f"Mutex file:{folder}\nErrorLog {folder}/error.log\n{load}\nTypesConfig {folder}/mime.types\n"
        f"StartServers 1\n<Directory />\n    Require all denied\n</Directory>\nInclude {folder}/site.conf\n"
    )
    return ["apache2", "-D", "FOREGROUND", "-f", f"{folder}/apache.conf"], {}


SETUPS: dict[str, Callable[[Path, int, str], tuple[list[str], dict[str, str]]]] = {
    "nginx": _nginx,
    "caddy": _caddy,
    "apache": _apache,
}


class Running(NamedTuple):
    """A server that answers: its address, its process, the folder that its files lie in."""

    address: str
    process: subprocess.Popen[bytes]
    folder: Path


@contextmanager
def deployed(
    kind: str, name: str, folder: Path, papers: Papers, changes: Mapping[str, str], files: Mapping[str, str] = {}
) -> Iterator[Running]:
    """The configuration `name` of docs/deploy, changed; `files` are changes of the part that all sites share."""
    if shutil.which(PROGRAMS[kind]) is None:
        pytest.skip(f"{PROGRAMS[kind]} is not installed on this machine")
    folder.mkdir(exist_ok=True)
    folder.chmod(0o755)
    shared = f"longquan-files.{SUFFIX[kind]}"
    (folder / shared).write_text(edited((DEPLOY / kind / shared).read_text("utf-8"), files), "utf-8")
    site = edited((DEPLOY / kind / f"{name}.{SUFFIX[kind]}").read_text("utf-8"), changes)
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    command, home = SETUPS[kind](folder, port, site)
    with (folder / "out").open("wb") as out:
        process = subprocess.Popen(command, stdout=out, stderr=out, env={**os.environ, **home}, cwd=folder)
    try:
        deadline = time.monotonic() + 20
        while True:
            try:
                socket.create_connection(("127.0.0.1", port), timeout=1).close()
                break
            except OSError:
                told = (folder / "out").read_text(errors="replace")
                assert process.poll() is None and time.monotonic() < deadline, told
                time.sleep(0.02)
        yield Running(f"https://localhost:{port}/", process, folder)
    finally:
        process.terminate()
        try:
            process.wait(10)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()


def client_of(
    papers: Papers, address: str, *, authorization: str | None = None, certificate: Path | None = None
) -> Client:
    """A client that trusts the server's certificate."""
    stranger = _trusting(papers.server, None) if certificate is not None else None
    return Client(
        10,
        authorization,
        address.rstrip("/"),
        _trusting(papers.server, certificate),
        certified=certificate is not None,
        stranger=stranger,
    )


@cache
def _trusting(authority: Path, certificate: Path | None) -> ssl.SSLContext:
    """One for all: reading the system's authorities takes as long as twenty requests."""
    return trusting(authority, certificate)
