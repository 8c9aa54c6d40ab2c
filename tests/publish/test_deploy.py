"""docs/deploy: what is given to administrators works, and what they easily get wrong is found."""

from __future__ import annotations

import base64
import hashlib
import json
import signal
import subprocess
import sys
import time
import xml.etree.ElementTree as ElementTree
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

import pytest

from pipeline.publish import Diagnosis, diagnose
from pipeline.publish.subject import ORIGIN
from pipeline.release.media import _TYPES, media_type
from pipeline.standalone.serve import FolderServer
from tests.publish.servers import DEPLOY, Papers, Running, client_of, deployed, make_papers, write_every_suffix
from tests.publish.site import NAME, found
from tests.publish.site import running as serving

KINDS = ("apache", "caddy", "nginx")
GATES = ("addresses", "certificate", "password")
PASSWORD = "li:gehe:im"
AUTHORIZATION = "Basic " + base64.b64encode(PASSWORD.encode()).decode()
# Of the password, cost 4: Caddy computes it for each request.
BCRYPT = "$2a$04$abcdefghijklmnopqrstuulVSC7p1XJxsbpCuuNS0kPKkIv7Jpd2y"
# Apache 2.4 sends 416 without the size, whatever it is told; nobody's map asks for that.
ALWAYS: dict[str, dict[str, str]] = {"apache": {"beyond": "notice"}, "caddy": {}, "nginx": {}}


@pytest.fixture(scope="module")
def papers(tmp_path_factory: pytest.TempPathFactory) -> Papers:
    return make_papers(tmp_path_factory.mktemp("papers") / "tls")


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return write_every_suffix(tmp_path_factory.mktemp("release") / "site")


def _changes(kind: str, gate: str, papers: Papers, site: Path, folder: Path) -> dict[str, str]:
    """What an administrator fills in."""
    changes = {f"/srv/longquan/{'public' if gate == 'public' else 'government'}": str(site)}
    changes["/etc/ssl/longquan/"] = f"{papers.folder}/"
    if gate == "addresses":
        changes["10.33.0.0/16"] = "127.0.0.0/8"
    if gate == "password" and kind == "caddy":
        changes["NAME HASH"] = f"li {BCRYPT}"
    elif gate == "password":
        folder.mkdir(exist_ok=True)
        hashed = subprocess.run(["openssl", "passwd", "-apr1", "gehe:im"], check=True, capture_output=True, text=True)
        (folder / "htpasswd").write_text(f"li:{hashed.stdout}")
        changes[f"/etc/{'nginx' if kind == 'nginx' else 'apache2'}/longquan.htpasswd"] = f"{folder}/htpasswd"
    return changes


@contextmanager
def _started(
    kind: str,
    gate: str,
    papers: Papers,
    site: Path,
    folder: Path,
    more: Mapping[str, str] = {},
    files: Mapping[str, str] = {},
) -> Iterator[Running]:
    name = "public" if gate == "public" else f"government-{gate}"
    text = (DEPLOY / kind / f"{name}.{'caddy' if kind == 'caddy' else 'conf'}").read_text("utf-8")
    # In comments too, so that what is changed is what is there.
    changes = {old: new for old, new in _changes(kind, gate, papers, site, folder).items() if old in text}
    assert len(changes) >= 2
    with deployed(kind, name, folder, papers, {**more, **changes}, files) as running:
        yield running


def _examined(running: Running, papers: Papers, gate: str) -> Diagnosis:
    client = client_of(
        papers,
        running.address,
        authorization=AUTHORIZATION if gate == "password" else None,
        certificate=papers.friend if gate == "certificate" else None,
    )
    return diagnose(client, running.address)


@pytest.mark.parametrize("kind", KINDS)
def test_public(kind: str, papers: Papers, site: Path, tmp_path: Path) -> None:
    with _started(kind, "public", papers, site, tmp_path / "server") as running:
        diagnosis = _examined(running, papers, "public")
        packed = client_of(papers, running.address).ask(
            "GET", running.address + "catalog.json", {"Accept-Encoding": "gzip"}
        )
        hidden = site / "tiles/.roads.tmp"
        hidden.write_bytes(b"half")
        secret = client_of(papers, running.address).ask("GET", running.address + "tiles/.roads.tmp")
        hidden.unlink()
    assert found(diagnosis) == ALWAYS[kind]
    assert diagnosis.kind == kind
    assert packed.header("Content-Encoding") == "gzip" and "accept-encoding" in packed.tokens("Vary")
    assert secret.status == 404


@pytest.mark.parametrize("gate", GATES)
@pytest.mark.parametrize("kind", KINDS)
def test_government(kind: str, gate: str, papers: Papers, site: Path, tmp_path: Path) -> None:
    with _started(kind, gate, papers, site, tmp_path / "server") as running:
        diagnosis = _examined(running, papers, gate)
        anonymous = client_of(papers, running.address)
        asked = {
            "Origin": ORIGIN,
            "Access-Control-Request-Method": "GET",
            "Access-Control-Request-Headers": "authorization,if-match,range",
        }
        preflight = anonymous.ask("OPTIONS", running.address + NAME, asked)
        plain = anonymous.ask("GET", running.address + NAME, {"Range": "bytes=0-7"})
        strange = client_of(papers, running.address).ask("GET", running.address + NAME, {"Origin": "https://a.example"})
    assert found(diagnosis) == ALWAYS[kind]
    closed = next(check for check in diagnosis.checks if check.id == "closed")
    assert closed.state == ("skipped" if gate == "addresses" else "ok")
    assert preflight.status == 204 and preflight.header("Access-Control-Allow-Origin") == ORIGIN
    assert plain.status == {"addresses": 206, "password": 401, "certificate": 403}[gate]
    assert not strange.header("Access-Control-Allow-Origin")


@pytest.mark.parametrize("kind", KINDS)
def test_other_addresses_are_kept_out(kind: str, papers: Papers, site: Path, tmp_path: Path) -> None:
    changes = {"/srv/longquan/government": str(site), "/etc/ssl/longquan/": f"{papers.folder}/"}
    with deployed(kind, "government-addresses", tmp_path / "server", papers, changes) as running:
        client = client_of(papers, running.address)
        answers = [client.ask("GET", running.address + path) for path in (NAME, "release.json", "index.html", "")]
    assert {answer.status for answer in answers} == {403}


def _office(folder: Path, release: str, page: bytes, archive: bytes) -> str:
    """A release of an install folder and its pointer; returns the id."""
    id = hashlib.sha256(release.encode()).hexdigest()
    root = folder / "releases" / id[:12]
    (root / "tiles").mkdir(parents=True)
    (root / "data").mkdir()
    (root / "data/index.html").write_bytes(page)
    (root / "index.html").write_bytes(page)
    (root / "styles.json").write_bytes(page)
    (root / f"tiles/roads-{id[:12]}.pmtiles").write_bytes(archive)
    return id


@pytest.mark.parametrize("kind", ["apache", "nginx"])
def test_the_pointer_of_an_office(kind: str, papers: Papers, tmp_path: Path) -> None:
    office, out = tmp_path / "office", tmp_path / "out"
    tmp_path.chmod(0o755)
    out.mkdir()
    first, second = _office(office, "v1", b"one", b"PMTiles one"), _office(office, "v2", b"two", b"PMTiles two")
    script = [sys.executable, "-I", "-S", str(DEPLOY / "office/follow_pointer.py"), str(office), str(out)]

    def switch(release: str, previous: str | None) -> None:
        (office / "current.json").write_text(json.dumps({"release": release, "previous": previous}))
        subprocess.run(script, check=True)

    switch(first, None)
    changes = {"/srv/longquan/office": str(office), "/var/lib/longquan": str(out)}
    changes["/etc/ssl/longquan/"] = f"{papers.folder}/"
    old, new = f"tiles/roads-{first[:12]}.pmtiles", f"tiles/roads-{second[:12]}.pmtiles"
    with deployed(kind, "office", tmp_path / "server", papers, changes) as running:
        client = client_of(papers, running.address)

        def get(path: str) -> tuple[int, bytes]:
            answer = client.ask("GET", running.address + path)
            return answer.status, answer.body if answer.status == 200 else b""

        assert [get(path) for path in ("", "index.html", "data/", old)] == [(200, b"one")] * 3 + [(200, b"PMTiles one")]
        assert get(new)[0] == 404 and get("current.json")[0] == 404 and get("../current.json")[0] in (400, 404)
        time.sleep(1.1)  # Apache looks at the map's date, in whole seconds
        switch(second, first)
        if kind == "nginx":
            running.process.send_signal(signal.SIGHUP)
        deadline = time.monotonic() + 10
        while [get(path)[1] for path in (new, "", new, "")] != [b"PMTiles two", b"two"] * 2:  # old workers end softly
            assert time.monotonic() < deadline
            time.sleep(0.05)
        assert get(new) == (200, b"PMTiles two") and get(old) == (200, b"PMTiles one")  # of a page that is open
        assert [get(path) for path in ("styles.json", "data/")] == [(200, b"two")] * 2
        part = client.ask("GET", running.address + old, {"Range": "bytes=8-10"})
        assert (part.status, part.body) == (206, b"one") and "immutable" in part.tokens("Cache-Control")
        assert client.ask("GET", running.address + "styles.json").tokens("Cache-Control") == {"no-cache"}
    (office / "current.json").write_text(json.dumps({"release": "../../etc", "previous": None}))
    assert subprocess.run(script, capture_output=True).returncode == 1


def test_caddy_before_our_server(papers: Papers, site: Path, tmp_path: Path) -> None:
    with serving(FolderServer(str(site), "127.0.0.1", 0)) as inner:
        changes = {"127.0.0.1:8080": inner.removeprefix("http://").rstrip("/")}
        changes["/etc/ssl/longquan/"] = f"{papers.folder}/"
        with deployed("caddy", "office", tmp_path / "server", papers, changes) as running:
            assert found(_examined(running, papers, "public")) == {}


@pytest.mark.parametrize("kind", KINDS)
def test_certificates_of_others_are_not_let_in(kind: str, papers: Papers, site: Path, tmp_path: Path) -> None:
    from pipeline.publish.client import Unanswered

    with _started(kind, "certificate", papers, site, tmp_path / "server") as running:
        client = client_of(papers, running.address, certificate=papers.stranger)
        try:
            status = client.ask("GET", running.address + NAME).status
        except Unanswered:  # refused while the connection was made
            status = 0
    assert status in (0, 400, 403)


# What is easily got wrong, as changes of the site or of the part that all sites share, and exactly what is found.
BROKEN: dict[tuple[str, str, str], tuple[dict[str, str], dict[str, str], dict[str, str]]] = {
    ("nginx", "public", "packed"): (
        {},
        {"gzip_types application/atom+xml": "gzip_types application/vnd.pmtiles"},
        {"packing": "fault"},
    ),
    ("nginx", "public", "no parts"): ({}, {"max_ranges 10": "max_ranges 0"}, {"range": "fault", "head": "notice"}),
    ("nginx", "public", "no etag"): ({}, {"etag on": "etag off"}, {"etag": "fault"}),
    ("nginx", "public", "kept 404"): (
        {},
        {"Cache-Control $longquan_keep": "Cache-Control $longquan_keep always"},
        {"absent": "fault"},
    ),
    ("nginx", "public", "page for all"): ({}, {"$uri/index.html =404": "/index.html"}, {"absent": "fault"}),
    ("nginx", "public", "kept pointers"): (
        {},
        {'longquan_keep "no-cache"': 'longquan_keep "max-age=3600"'},
        {"pointers": "fault"},
    ),
    ("nginx", "public", "hidden headers"): (
        {'Expose-Headers "ETag, Content-Range': 'Expose-Headers "X-None'},
        {},
        {"exposed": "fault"},
    ),
    ("nginx", "public", "scripts"): (
        {},
        {"text/javascript                        ": "text/plain "},
        {"types": "fault"},
    ),
    ("nginx", "public", "gbk"): ({}, {"charset utf-8": "charset gbk"}, {"types": "fault"}),
    ("nginx", "password", "preflight"): (
        {"if ($request_method = OPTIONS)": "if ($request_method = NEVER)"},
        {},
        {"preflight": "fault"},
    ),
    ("nginx", "password", "open"): ({'auth_basic "longquan"': "auth_basic off"}, {}, {"closed": "fault"}),
    ("nginx", "certificate", "preflight"): (
        {"ssl_verify_client optional": "ssl_verify_client on"},
        {},
        {"preflight": "fault"},
    ),
    ("nginx", "password", "every origin"): ({'default "";': "default $http_origin;"}, {}, {"stranger": "fault"}),
    ("caddy", "public", "packed"): ({}, {"header Content-Type text/*": "header Content-Type *"}, {"packing": "fault"}),
    ("caddy", "public", "kept 404"): ({}, {"header Cache-Control no-store": "header X-None 1"}, {"absent": "fault"}),
    ("caddy", "password", "preflight"): ({"@others not method OPTIONS": "@others path *"}, {}, {"preflight": "fault"}),
    ("caddy", "certificate", "preflight"): (
        {"mode verify_if_given": "mode require_and_verify"},
        {},
        {"preflight": "fault"},
    ),
    ("caddy", "certificate", "open"): ({"respond @stranger 403": ""}, {}, {"closed": "fault"}),
    ("caddy", "password", "no credentials"): (
        {"Access-Control-Allow-Credentials true": "X-None 1"},
        {},
        {"preflight": "fault", "origin": "fault"},
    ),
    ("apache", "public", "packed"): (
        {},
        {'"\\.(pmtiles|': '"\\.(', "AddOutputFilterByType DEFLATE text/css": "SetOutputFilter DEFLATE\n#"},
        {"packing": "fault"},
    ),
    ("apache", "public", "no parts"): ({}, {"MaxRanges 10": "MaxRanges none"}, {"range": "fault", "head": "notice"}),
    ("apache", "public", "kept 404"): (
        {},
        {"Header set Cache-Control": "Header always set Cache-Control"},
        {"absent": "fault"},
    ),
    ("apache", "password", "preflight"): ({"=OPTIONS": "=NEVER"}, {}, {"preflight": "fault"}),
    ("apache", "password", "open"): ({"Require valid-user": "Require all granted"}, {}, {"closed": "fault"}),
    ("apache", "certificate", "preflight"): (
        {"SSLVerifyClient optional": "SSLVerifyClient require"},
        {},
        {"preflight": "fault"},
    ),
    ("apache", "password", "star"): (
        {'"%{longquan_origin}e" env=longquan_origin': '"*"'},
        {},
        {"preflight": "fault", "origin": "fault"},
    ),
}


# The others take a server each to say much the same.
OFTEN = {("nginx", "password", "preflight"), ("nginx", "public", "kept 404"), ("caddy", "certificate", "preflight")}
OFTEN |= {("apache", "password", "star"), ("apache", "public", "packed"), ("nginx", "password", "every origin")}


@pytest.mark.parametrize(
    ("kind", "gate", "how"),
    [pytest.param(*case, marks=() if case in OFTEN else pytest.mark.long) for case in sorted(BROKEN)],
)
def test_broken_on_purpose(kind: str, gate: str, how: str, papers: Papers, site: Path, tmp_path: Path) -> None:
    changes, files, expected = BROKEN[kind, gate, how]
    with _started(kind, gate, papers, site, tmp_path / "server", changes, files) as running:
        states = found(_examined(running, papers, gate))
    always = {} if "range" in expected else ALWAYS[kind]  # where archives have no parts, no more is asked
    assert states == {**always, **expected}


def test_iis_knows_every_suffix() -> None:
    root = ElementTree.parse(DEPLOY / "iis/web.config").getroot()
    told = {each.attrib["fileExtension"].removeprefix("."): each.attrib["mimeType"] for each in root.iter("mimeMap")}
    assert told == {suffix: media_type("x." + suffix) for suffix in _TYPES if suffix != "config"}
    removed = [each.attrib["fileExtension"] for each in root.iter("remove") if "fileExtension" in each.attrib]
    assert sorted(removed) == sorted("." + suffix for suffix in told)  # or a suffix IIS knows would stop the site
    ElementTree.parse(DEPLOY / "iis/government.config")


@pytest.mark.parametrize("name", ["cors.json", "public-read.json", "publisher.json"])
def test_s3_takes_them(name: str) -> None:
    document = json.loads((DEPLOY / "minio" / name).read_text("utf-8"))
    assert document


def test_no_file_is_forgotten() -> None:
    """Every configuration is started by a test, and the page beside them names it."""
    page = (DEPLOY / "README.md").read_text("utf-8")
    for path in DEPLOY.rglob("*"):
        if path.is_file() and path.name != "README.md":
            assert path.relative_to(DEPLOY).as_posix() in page, path
