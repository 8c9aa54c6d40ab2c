"""TLS: a certificate that nobody knows, the same one trusted, and an old one. Made by OpenSSL's own program."""

from __future__ import annotations

import shutil
import ssl
import subprocess
from pathlib import Path

import pytest

from pipeline.errors import InputError
from pipeline.publish import Client, diagnose
from pipeline.publish.client import trusting
from tests.publish.site import FaultyServer, running, write_site


def _certificate(folder: Path, days: int) -> Path:
    """Key and certificate of 127.0.0.1 in one PEM file."""
    if shutil.which("openssl") is None:
        pytest.skip("openssl is not installed on this machine")
    made = folder / "both.pem"
    subprocess.run(
        [
            *("openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes"),
            *("-keyout", str(folder / "key.pem"), "-out", str(made), "-days", str(days), "-subj", "/CN=127.0.0.1"),
            *("-addext", "subjectAltName=IP:127.0.0.1"),
        ],
        check=True,
        capture_output=True,
    )
    made.write_text(made.read_text() + (folder / "key.pem").read_text())
    return made


@pytest.mark.parametrize(("days", "trusted", "state"), [(90, False, "fault"), (90, True, "ok"), (7, True, "notice")])
def test_certificates(tmp_path: Path, days: int, trusted: bool, state: str) -> None:
    pem = _certificate(tmp_path, days)
    server = FaultyServer(write_site(tmp_path / "site"))
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(pem)
    server.socket = context.wrap_socket(server.socket, server_side=True)
    with running(server) as plain:
        address = plain.replace("http:", "https:")
        diagnosis = diagnose(Client(5, context=trusting(pem if trusted else None)), address)
    states = {check.id: check.state for check in diagnosis.checks}
    assert states["tls"] == state
    assert states["http"] == "notice"  # no HTTP/2 here
    assert states["range"] == "ok"  # the rest is examined all the same
    assert diagnosis.fit == (state != "fault")


def test_certificates_that_are_none(tmp_path: Path) -> None:
    (tmp_path / "none.pem").write_text("nothing")
    for name in ("none.pem", "absent.pem"):
        with pytest.raises(InputError):
            trusting(tmp_path / name)
        with pytest.raises(InputError):
            trusting(None, tmp_path / name)
