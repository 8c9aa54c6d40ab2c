"""The doctor against a server of ours with every fault on a switch, a good server, and a known bad one."""

from __future__ import annotations

import functools
import http.server
import threading
import time
from collections.abc import Iterator
from email.message import Message
from pathlib import Path

import pytest

from pipeline.errors import UsageError
from pipeline.i18n import set_language
from pipeline.publish import SERVERS, Client, diagnose
from pipeline.publish.client import Answer, Unanswered, read_address, read_origin
from pipeline.publish.doctor import CHECKS
from pipeline.publish.fixes import REMEDIES, fixes_of
from pipeline.standalone.serve import FolderServer
from tests.publish.site import ARCHIVE, NAME, FaultyServer, examined, found, running, write_site

# fault → checks that see it
SEEN: dict[str, dict[str, str]] = {
    "no-range": {
        "range": "fault",
    },
    "no-content-range": {"range": "fault"},
    "wrong-total": {"range": "fault"},
    "wrong-part": {"range": "fault"},
    "short": {"range": "fault"},
    "no-archive": {"range": "fault"},
    "endless": {"range": "fault"},
    "no-suffix": {"suffix": "notice"},
    "wrong-suffix": {"suffix": "fault"},
    "no-several": {"several": "notice"},
    "no-416": {"beyond": "fault"},
    "vague-416": {"beyond": "notice"},
    "blind-if-range": {"if-range": "notice"},
    "no-head": {"head": "fault"},
    "empty-head": {"head": "fault"},
    "body-of-head": {"head": "fault"},
    "no-accept-ranges": {"head": "notice"},
    "gzip": {"packing": "fault"},
    "no-etag": {"etag": "fault"},
    "weak-etag": {"etag": "fault"},
    "etag-per-answer": {"etag": "fault"},
    "etag-of-parts": {"etag": "fault"},
    "no-304": {"etag": "notice"},
    "no-modified": {"modified": "notice"},
    "future": {"modified": "notice"},
    "no-preflight": {"preflight": "fault"},
    "password-preflight": {"preflight": "fault"},
    "no-if-match": {"preflight": "fault"},
    "no-origin": {"preflight": "fault", "origin": "fault", "exposed": "fault"},
    "not-exposed": {"exposed": "fault"},
    "few-exposed": {"exposed": "notice"},
    "octet-scripts": {"types": "fault"},
    "gbk": {"types": "fault"},
    "unknown-suffixes": {"types": "fault"},
    "another": {"sizes": "fault"},
    "kept-pointers": {"pointers": "fault", "kept": "notice"},
    "no-cache-control": {"pointers": "fault", "kept": "notice"},
    "page-for-all": {"absent": "fault"},
    "forbidden": {"absent": "notice"},
    "kept-404": {"absent": "fault"},
    "every-origin": {"stranger": "notice"},
    "http-1.0": {"http": "notice"},
    "no-date": {"clock": "notice"},
    "clock-minutes": {"clock": "notice"},
    "clock-day": {"clock": "fault"},
    "chain": {"redirects": "notice"},
    "loop": {"redirects": "fault", "release": "fault"},
    "redirect-file": {"redirects": "fault"},
}


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return write_site(tmp_path_factory.mktemp("site"))


@pytest.fixture(scope="module")
def faulty(site: Path) -> Iterator[FaultyServer]:
    server = FaultyServer(site)
    with running(server):
        yield server


def test_no_fault_no_finding(faulty: FaultyServer) -> None:
    faulty.faults = frozenset()
    diagnosis = examined(faulty.address)
    assert found(diagnosis) == {} and diagnosis.fit
    assert [check.id for check in diagnosis.checks] == list(CHECKS)
    assert (diagnosis.archive, diagnosis.files) == (NAME, 12)


@pytest.mark.parametrize("fault", sorted(SEEN))
def test_every_fault_is_seen(faulty: FaultyServer, fault: str) -> None:
    faulty.faults = frozenset({fault})
    diagnosis = examined(faulty.address)
    states = found(diagnosis)
    expected = SEEN[fault]
    assert {name: states.get(name) for name in expected} == expected
    assert diagnosis.fit == ("fault" not in states.values())
    if len(expected) == 1 and fault not in (
        "redirect-file",
        "no-archive",
        "endless",
        "another",
        "no-range",
        "unknown-suffixes",
    ):
        assert set(states) == set(expected)


def test_every_check_is_seen_red() -> None:
    assert {name for checks in SEEN.values() for name in checks} == set(CHECKS) - {"tls", "closed"}
    # The one: test_tls.py; the other: below.


def _known(faulty: FaultyServer, *faults: str) -> dict[str, str]:
    """What is found by one who has name and password."""
    faulty.faults = frozenset(faults)
    return found(diagnose(Client(5, "Basic bGk6Z2VAaGU=", faulty.address.rstrip("/")), faulty.address))


def test_a_server_that_asks_who_is_there(faulty: FaultyServer) -> None:
    good = ("asks-who", "named-origins")
    assert _known(faulty, *good) == {}
    assert _known(faulty, *good, "open-all-the-same") == {"closed": "fault"}
    assert _known(faulty, *good, "every-origin") == {"stranger": "fault"}
    # "*" is no permission where a password is sent, and covers no header (the Fetch standard, 3.2.3 and 3.2.5).
    assert _known(faulty, *good, "starred-headers") == {"preflight": "fault"}
    assert _known(faulty, "asks-who") == {"preflight": "fault", "origin": "fault", "exposed": "fault"}
    assert "closed" not in found(examined(faulty.address))  # what is open may be open


def test_pages_of_another_origin(faulty: FaultyServer) -> None:
    faulty.faults = frozenset({"named-origins", "open-all-the-same"})
    client = Client(5)
    assert found(diagnose(client, faulty.address, origin="https://department.example")) == {}
    states = found(diagnose(client, faulty.address, origin="https://another.example"))
    assert states == {"preflight": "fault", "origin": "fault"}


def test_a_server_that_does_not_end_is_left_in_time(faulty: FaultyServer) -> None:
    faulty.faults = frozenset({"drip"})
    began = time.monotonic()
    with pytest.raises(Unanswered, match=r"no end of the answer in 0\.3 s"):
        Client(0.3).ask("GET", faulty.address + NAME)
    assert time.monotonic() - began < 2
    faulty.faults = frozenset({"hang"})
    with pytest.raises(Unanswered):
        Client(0.3).ask("GET", faulty.address)
    faulty.faults = frozenset({"broken-off"})
    with pytest.raises(Unanswered, match="broke off, 9 bytes early"):
        Client(2).ask("GET", faulty.address + NAME)
    faulty.faults = frozenset()
    answer = Client(2).ask("GET", faulty.address + NAME, limit=100)
    assert (answer.body, answer.cut) == (ARCHIVE[:100], True)


def test_no_server_at_all(faulty: FaultyServer) -> None:
    gone = FaultyServer(faulty.folder)
    gone.server_close()
    diagnosis = examined(gone.address)
    assert found(diagnosis) == {"release": "fault"} and not diagnosis.fit


def test_our_own_server_is_fit(site: Path) -> None:
    with running(FolderServer(str(site), "127.0.0.1", 0)) as address:
        diagnosis = examined(address)
        assert diagnosis.fit and diagnosis.count("fault") == 0
        alone = examined(address + NAME)
        assert found(alone) == {}
        assert {check.id for check in alone.checks if check.state == "skipped"} == {
            *("closed", "types", "sizes", "pointers", "kept", "absent")
        }


def test_python_http_server_is_not(site: Path) -> None:
    handler = functools.partial(_Quiet, directory=str(site))
    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), handler) as server:
        threading.Thread(target=server.serve_forever, args=(0.02,), daemon=True).start()
        diagnosis = examined(f"http://127.0.0.1:{server.server_address[1]}/")
        server.shutdown()
    states = found(diagnosis)
    assert {name for name, state in states.items() if state == "fault"} == {
        *("range", "etag", "preflight", "origin", "exposed", "pointers")
    }
    assert states["http"] == "notice"


class _Quiet(http.server.SimpleHTTPRequestHandler):
    def log_message(self, format: str, *args: object) -> None:
        pass


def test_terminals_are_told_no_commands() -> None:
    headers = Message()
    headers["Server"] = "nginx\x1b]0;owned\x07"
    answer = Answer("GET", "http://a/", 200, 11, headers, b"", False, 0.0)
    assert answer.header("Server") == "nginx]0;owned" and answer.header("ETag") is None


def test_passwords_go_nowhere_else() -> None:
    address, authorization = read_address("https://li:ge%40he@maps.example.cn:8443/a/")
    assert (address, authorization) == ("https://maps.example.cn:8443/a/", "Basic bGk6Z2VAaGU=")
    for wrong in ("ftp://a/", "maps", "http://", "http://a b/", "http://a:99999/"):
        with pytest.raises(UsageError):
            read_address(wrong)
    assert read_origin("https://department.example:8443/") == "https://department.example:8443"
    for wrong in ("https://a/b", "department.example", "https://li:geheim@a/", "null"):
        with pytest.raises(UsageError):
            read_origin(wrong)


@pytest.mark.parametrize("remedy", REMEDIES)
@pytest.mark.parametrize("language", ["en", "zh"])
def test_every_remedy_names_every_server(remedy: str, language: str) -> None:
    set_language(language)
    fixes = fixes_of(remedy)
    assert tuple(fixes) == SERVERS and all(text.strip() for text in fixes.values())


def test_every_finding_has_a_remedy(faulty: FaultyServer) -> None:
    faulty.faults = frozenset({"no-etag", "no-origin", "gzip", "octet-scripts"})
    result = diagnose(Client(5), faulty.address).as_json()
    assert not result["fit"] and set(result["fixes"]) == {finding["remedy"] for finding in result["findings"]}
