"""`sync`: an office with a line. Nothing is believed that is not signed and hashed; what runs goes on all the same."""

from __future__ import annotations

import hashlib
import json
import multiprocessing
import random
import time
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest

from pipeline.errors import InputError, LongquanError, OutputError, PolicyRefusal, UsageError
from pipeline.portal.files import json_bytes
from pipeline.publish.offers import Offer, index_bytes
from pipeline.publish.origin import Altered, Origin, Unreached, Unwilling
from pipeline.publish.sync import Choices, sync_once
from pipeline.release.delta import LISTING, make_delta
from pipeline.release.trust.error import TrustError
from pipeline.release.trust.signing import append_signature, refresh_timestamp
from pipeline.release.trust.source import FolderSource
from pipeline.release.withdrawal import entries_for, new_order
from tests.publish.following import Publisher, Watched, follow, publish, publisher, running
from tests.release.install.signed import Press
from tests.release.trust.bureau import NOW, YEAR

FORK = multiprocessing.get_context("fork")  # what was imported need not be imported again


@pytest.fixture
def press(tmp_path: Path) -> Press:
    return Press(tmp_path / "bureau")


@pytest.fixture
def site(tmp_path: Path) -> Path:
    return tmp_path / "site"


@pytest.fixture
def server(site: Path) -> Iterator[Publisher]:
    with publisher(site) as made:
        yield made


@pytest.fixture
def home(tmp_path: Path) -> Path:
    return tmp_path / "office"


def _path(dist: Path, start: str) -> str:
    """The one file of a release whose path starts so."""
    paths = [each["path"] for each in json.loads((dist / "release.json").read_bytes())["files"]]
    return next(path for path in paths if path.startswith(start))


def test_the_first_release_and_the_next(press: Press, site: Path, server: Publisher, home: Path) -> None:
    one = press.release("one")
    id = publish(site, one)
    made = follow(server, home, press)
    assert (made.what, made.release, running(home)) == ("installed", id, id)
    asked = server.paths()
    assert len(asked) == len(set(asked)) and _path(one, "tiles/imagery") in asked
    total = sum(each["bytes"] for each in json.loads((one / "release.json").read_bytes())["files"])
    assert 0 < made.fetched_bytes <= total
    # Nothing new: two requests, both answered by a header.
    again = follow(server, home, press)
    assert (again.what, again.release, again.fetched_bytes) == ("unchanged", id, 0)
    assert sorted(path for path, _range in server.asked) == ["metadata/timestamp.json", "metadata/withdrawn.json"]
    server.asked.clear()
    two = press.release("two")
    next_id = publish(site, two)
    made = follow(server, home, press)
    assert (made.what, running(home)) == ("installed", next_id)
    asked = server.paths()
    assert _path(two, "tiles/framework") in asked and _path(two, "tiles/imagery") not in asked  # it is here already
    assert json.loads((home / "current.json").read_bytes())["history"] == [id[:12]]
    assert not list((home / "staging").glob("*")) if (home / "staging").exists() else True
    assert (home / "releases" / next_id[:12] / "metadata" / "timestamp.json").is_file()


def test_whom_to_trust_has_to_be_said(press: Press, site: Path, server: Publisher, home: Path) -> None:
    publish(site, press.release("one"))
    with pytest.raises(UsageError):
        follow(server, home, press, root=None)
    follow(server, home, press, root=None, root_fingerprint=hashlib.sha256(press.root_file.read_bytes()).hexdigest())
    publish(site, press.release("two"))
    assert follow(server, home, press, root=None).what == "installed"  # the office knows by now


def test_work_goes_on_where_it_was_cut(press: Press, site: Path, server: Publisher, home: Path) -> None:
    dist = press.release("one")
    path = _path(dist, "tiles/framework")
    publish(site, dist)
    half = (dist / path).stat().st_size // 2

    def cut(handler: Watched, data: bytes) -> None:
        handler.wfile.write(b"HTTP/1.1 200 OK\r\nContent-Length: %d\r\n\r\n" % len(data))
        handler.wfile.write(data[:half])

    server.faults[path] = cut
    with pytest.raises(Unreached, match="cannot be reached"):
        follow(server, home, press)
    assert running(home) is None
    del server.faults[path]
    came = {name for name, _range in server.asked} - {path}
    server.asked.clear()
    follow(server, home, press)
    ranges = dict(server.asked)
    assert ranges[path].startswith(f"bytes={half}-") and running(home) is not None
    # What had come whole was not asked for again.
    assert not {name for name in came & set(ranges) if not name.startswith(("metadata/", "deltas/", "SM3"))}


def test_lines_that_break_anywhere(press: Press, site: Path, server: Publisher, home: Path) -> None:
    """Every answer of data ends at a random byte, the first times that it is asked for; it comes whole in the end."""
    first = publish(site, press.release("one"))
    follow(server, home, press)
    dist = press.release("two")
    second, chance = publish(site, dist), random.Random(7)
    left = dict.fromkeys(_all(dist), 2)

    def cut(handler: Watched, data: bytes) -> bytes | None:
        path = handler.path.lstrip("/")
        if left[path] == 0:
            return data
        left[path] -= 1
        handler.wfile.write(b"HTTP/1.1 200 OK\r\nContent-Length: %d\r\n\r\n" % len(data))
        handler.wfile.write(data[: chance.randrange(len(data))])
        return None

    server.faults.update({path: cut for path in left if path.isascii() and " " not in path})
    assert running(home) == first
    assert follow(server, home, press).what == "installed" and running(home) == second
    assert sum(n == 0 for n in left.values()) >= 3


def _flip(handler: Watched, data: bytes) -> bytes:
    return data[:-1] + bytes([data[-1] ^ 1])


def _longer(handler: Watched, data: bytes) -> bytes:
    return data + b"x" * 100


def _endless(handler: Watched, data: bytes) -> None:
    handler.wfile.write(b"HTTP/1.1 200 OK\r\n\r\n")
    while True:
        handler.wfile.write(b"x" * 65536)


def _nothing(handler: Watched, data: bytes) -> None:
    handler.wfile.write(b"HTTP/1.1 404 Not Found\r\nContent-Length: 0\r\n\r\n")


def _page(handler: Watched, data: bytes) -> bytes:
    return b"<!doctype html>"


def _elsewhere(handler: Watched, data: bytes) -> None:
    handler.wfile.write(b"HTTP/1.1 302 Found\r\nLocation: http://127.0.0.1:9/\r\nContent-Length: 0\r\n\r\n")


def _packed(handler: Watched, data: bytes) -> None:
    handler.wfile.write(b"HTTP/1.1 200 OK\r\nContent-Encoding: gzip\r\nContent-Length: 2\r\n\r\nxx")


def _failing(handler: Watched, data: bytes) -> None:
    handler.wfile.write(b"HTTP/1.1 500 Oops\r\nContent-Length: 0\r\n\r\n")


LIES = {"flip": _flip, "longer": _longer, "endless": _endless, "page": _page, "elsewhere": _elsewhere}
LIES |= {"nothing": _nothing, "packed": _packed, "failing": _failing}


@pytest.mark.parametrize("lie", sorted(LIES))
@pytest.mark.parametrize("where", ["metadata/timestamp.json", "metadata/2.targets.json", "release", "tiles", "index"])
def test_a_lying_server(lie: str, where: str, press: Press, site: Path, server: Publisher, home: Path) -> None:
    id = publish(site, press.release("one"))
    follow(server, home, press)
    two = press.release("two")
    publish(site, two)
    paths = {
        "release": f"metadata/release-{json.loads((two / 'release.json').read_bytes())['release'][:12]}.json",
        "tiles": _path(two, "tiles/framework"),
        "index": "index.html",
    }
    path = paths.get(where, where)
    server.faults[path] = LIES[lie]
    if where == "release":
        server.faults["release.json"] = LIES[lie]
    # Of a file whose length and hash are known nothing is taken but what was signed: what comes after it is left.
    harmless = where in ("tiles", "index", "release") and lie == "longer" and where != "release"
    if harmless:
        follow(server, home, press)
        assert running(home) != id
        return
    with pytest.raises((TrustError, Altered, Unreached, Unwilling)):
        follow(server, home, press)
    assert running(home) == id
    server.faults.clear()
    assert follow(server, home, press).what == "installed" and running(home) != id


def test_parts_that_are_other_parts(press: Press, site: Path, server: Publisher, home: Path) -> None:
    """A server that gets Range wrong, on the second try."""
    dist = press.release("one")
    publish(site, dist)
    path = _path(dist, "tiles/framework")

    def wrong(handler: Watched, data: bytes) -> None:
        if "Range" not in handler.headers:
            handler.wfile.write(b"HTTP/1.1 200 OK\r\nContent-Length: %d\r\n\r\n" % len(data) + data[:50])
        else:
            head = b"HTTP/1.1 206 Partial Content\r\nContent-Range: bytes 0-9/%d\r\nContent-Length: 10\r\n\r\n"
            handler.wfile.write(head % len(data) + data[:10])

    server.faults[path] = wrong
    with pytest.raises(Unwilling):
        follow(server, home, press)

    def blind(handler: Watched, data: bytes) -> bytes:
        return data  # 200 with all of it, whatever is asked

    server.faults[path] = blind
    assert follow(server, home, press).what == "installed"


def test_nothing_older(press: Press, site: Path, server: Publisher, home: Path) -> None:
    one, two = press.release("one"), press.release("two")
    publish(site, two)
    id = follow(server, home, press).release
    publish(site, one)  # as an attacker would, who has the old files
    with pytest.raises(TrustError) as caught:
        follow(server, home, press)
    assert caught.value.attack == "rollback" and running(home) == id


def test_what_is_kept_back_is_noticed(press: Press, site: Path, server: Publisher, home: Path) -> None:
    publish(site, press.release("one"))
    id = follow(server, home, press).release
    assert follow(server, home, press).what == "unchanged"
    server.asked.clear()
    with pytest.raises(TrustError) as caught:  # the server still says: unchanged
        follow(server, home, press, NOW + YEAR * 2)
    assert caught.value.attack == "freeze" and running(home) == id
    # The publisher signs the timestamp anew, without a new release.
    later = NOW + timedelta(days=44)
    new = refresh_timestamp(
        FolderSource(site / "metadata"), press.bureau.key("publish"), press.bureau.roots[0], now=later
    )
    for name, data in new.items():
        (site / "metadata" / name).write_bytes(data)
    assert follow(server, home, press, later + timedelta(days=30)).what == "unchanged"
    assert follow(server, home, press, later + timedelta(days=30)).what == "unchanged"


def test_another_city_and_another_edition(
    press: Press, site: Path, server: Publisher, home: Path, tmp_path: Path
) -> None:
    publish(site, press.release("one"))
    id = follow(server, home, press).release
    other = Press(tmp_path / "other", city="330102")
    for path in (site / "metadata").iterdir():
        path.unlink()
    publish(site, other.release("two"))
    with pytest.raises((TrustError, PolicyRefusal, InputError)):
        follow(server, home, press)
    assert running(home) == id


def _offer(site: Path, press: Press, old: Path, new: Path) -> Path:
    """Offer the delta between two releases, as the publisher does."""
    a, b = (json.loads((each / "release.json").read_bytes())["release"] for each in (old, new))
    folder = site / "deltas" / f"{a[:12]}-{b[:12]}"
    folder.parent.mkdir(exist_ok=True)
    make_delta(old, new, folder)
    listing = (folder / LISTING).read_bytes()
    total = sum(file.stat().st_size for file in folder.rglob("*") if file.is_file())
    offer = Offer(a, b, total, len(listing), hashlib.sha256(listing).hexdigest())
    # Dear offers of other releases are passed over.
    others = (Offer(b, a, 1, 1, "0" * 64), Offer("f" * 64, b, 1, 1, "0" * 64))
    (site / "deltas/index.json").write_bytes(index_bytes((offer, *others)))
    return folder


def _large(press: Press, text: str) -> Path:
    """A release with a file that is large and changes little."""
    import shutil

    from tests.standalone.disks import seal_release, write_release

    dist = write_release(press.root / text, text, 1)
    (dist / "downloads").mkdir()
    data = random.Random(7).randbytes(60_000) + text.encode()
    (dist / "downloads" / "all.gpkg").write_bytes(data)
    for name in ("metadata",):
        shutil.rmtree(dist / name)
    seal_release(dist)
    return press.sign(dist)


def test_a_delta_is_taken_where_it_is_less(press: Press, site: Path, server: Publisher, home: Path) -> None:
    one, two = _large(press, "one"), _large(press, "two")
    # As if the second had not been signed yet when the first was published.
    publish(site, one)
    follow(server, home, press)
    publish(site, two)
    folder = _offer(site, press, one, two)
    server.asked.clear()
    made = follow(server, home, press)
    assert made.delta and made.fetched_bytes < 30_000 and running(home) == made.release
    assert "downloads/all.gpkg" not in server.paths()
    assert folder.is_dir()


@pytest.mark.parametrize("how", ["listing", "part", "index", "missing"])
def test_a_delta_that_is_damaged(how: str, press: Press, site: Path, server: Publisher, home: Path) -> None:
    one, two = _large(press, "one"), _large(press, "two")
    publish(site, one)
    follow(server, home, press)
    publish(site, two)
    folder = _offer(site, press, one, two)
    victim = {
        "listing": folder / LISTING,
        "index": site / "deltas/index.json",
        "part": next(file for file in sorted(folder.rglob("*")) if file.is_file() and file.name != LISTING),
        "missing": folder / LISTING,
    }[how]
    if how == "missing":
        victim.unlink()
    else:
        victim.write_bytes(victim.read_bytes()[:-3] + b"xyz")
    made = follow(server, home, press)
    assert made.what == "installed" and not made.delta and running(home) == made.release


def _order(press: Press, manifests: list[Path], what: str, before: bytes | None = None) -> bytes:
    entries = entries_for(what, [(dist / "release.json").read_bytes() for dist in manifests], reason="r", date="d")
    order = new_order(entries, before, city=press.city, edition=press.edition, expires=NOW + YEAR)
    targets = press.bureau.files[f"{press.number}.targets.json"]
    return append_signature(order, press.bureau.key("secrecy"), "secrecy", press.bureau.roots[-1], targets=targets)


def test_a_file_that_was_withdrawn_goes(press: Press, site: Path, server: Publisher, home: Path) -> None:
    dist = press.release("one")
    publish(site, dist)
    follow(server, home, press)
    path = _path(dist, "tiles/imagery")
    (site / "metadata/withdrawn.json").write_bytes(_order(press, [dist], path))
    made = follow(server, home, press)
    assert made.what == "removed" and [each.partition("/")[2] for each in made.removed] == [path]
    assert not (home / "releases" / str(made.release)[:12] / path).exists() and running(home) == made.release
    assert follow(server, home, press).what == "unchanged"
    # The next release still has it, and the office leaves it out.
    two = press.release("two")
    (site / path).unlink()
    (two / path).unlink()
    publish(site, two)
    (site / "metadata/withdrawn.json").write_bytes(_order(press, [dist], path))
    made = follow(server, home, press)
    assert made.what == "installed" and made.installed is not None and made.installed.left_out == (path,)
    # Whoever hides the tombstone is noticed.
    (site / "metadata/withdrawn.json").unlink()
    with pytest.raises(TrustError) as caught:
        follow(server, home, press)
    assert caught.value.attack == "rollback"


def test_a_release_that_was_withdrawn_stops(press: Press, site: Path, server: Publisher, home: Path) -> None:
    one = press.release("one")
    first = publish(site, one)
    follow(server, home, press)
    two = press.release("two")
    second = publish(site, two)
    follow(server, home, press)
    order = _order(press, [two], second)
    (site / "metadata/withdrawn.json").write_bytes(order)
    made = follow(server, home, press)
    assert (made.what, made.release, running(home)) == ("removed", first, first)
    assert not (home / "releases" / second[:12]).exists()
    assert follow(server, home, press).release == first  # it is not fetched again
    (site / "metadata/withdrawn.json").write_bytes(_order(press, [one], first, order))
    made = follow(server, home, press)
    assert (made.what, made.release, running(home)) == ("stopped", None, None)
    assert "撤回" in (home / "index.html").read_text("utf-8") and not (home / "releases" / first[:12]).exists()
    three = press.release("three")
    publish(site, three)
    (site / "metadata/withdrawn.json").write_bytes(_order(press, [one], first, order))
    assert follow(server, home, press).what == "installed"


def test_no_room(press: Press, site: Path, server: Publisher, home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    publish(site, press.release("one"))
    monkeypatch.setattr("pipeline.publish.sync.shutil.disk_usage", lambda place: type("U", (), {"free": 10}))
    with pytest.raises(OutputError, match="no room"):
        follow(server, home, press)
    assert running(home) is None


def _child(address: str, home: Path, root: Path) -> None:
    sync_once(Origin(address), home, Choices(root=root, threads=2), now=NOW)


def _killed(press: Press, site: Path, server: Publisher, home: Path, moments: list[float]) -> set[str | None]:
    """Kill a real process again and again while it fetches and switches; returns what ran in between."""
    first = publish(site, press.release("one"))
    follow(server, home, press)
    dist = _large(press, "two")
    second = publish(site, dist)

    def slow(handler: Watched, data: bytes) -> bytes:
        time.sleep(0.03)
        return data

    for path in sorted(_all(dist)):
        server.faults[path] = slow
    ran: set[str | None] = set()
    for n, moment in enumerate(moments):
        child = FORK.Process(target=_child, args=(server.address, home, press.root_file))
        child.start()
        child.join(moment)
        child.kill()
        child.join()
        ran.add(running(home))
        assert ran <= {first, second}, n
    server.faults.clear()
    follow(server, home, press)
    assert running(home) == second
    return ran


def _all(dist: Path) -> list[str]:
    return [str(each["path"]) for each in json.loads((dist / "release.json").read_bytes())["files"]]


def test_kills(press: Press, site: Path, server: Publisher, home: Path) -> None:
    moments = random.Random(20261123)
    assert _killed(press, site, server, home, [moments.uniform(0.0, 0.25) for _ in range(5)])


@pytest.mark.long
def test_fifty_kills(tmp_path: Path) -> None:
    moments = random.Random(50)
    for turn in range(10):
        press = Press(tmp_path / f"bureau-{turn}")
        with publisher(tmp_path / f"site-{turn}") as server:
            times = [moments.uniform(0.0, 0.45) for _ in range(5)]
            _killed(press, tmp_path / f"site-{turn}", server, tmp_path / f"office-{turn}", times)


def test_what_was_said_last_may_be_lost(press: Press, site: Path, server: Publisher, home: Path) -> None:
    publish(site, press.release("one"))
    follow(server, home, press)
    for text in (b"", b"[]", b'{"etags": 3, "expires": "x"}', json_bytes({"etags": {}, "expires": "2026-11-23"})):
        (home / "sync.json").write_bytes(text)
        assert follow(server, home, press).what == "unchanged"
    (home / "state.json").write_bytes(b"{}")
    (home / "sync.json").unlink()
    with pytest.raises(LongquanError):  # to take it for nothing would open the door to older releases
        follow(server, home, press)
