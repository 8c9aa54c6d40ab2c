"""What every store promises: one suite for memory, folder and bucket."""

from __future__ import annotations

import hashlib
import random
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest

from pipeline.publish.folder import FolderStore
from pipeline.publish.store import About, Altered, Condition, Conflict, MemoryStore, MissingFile, Store
from tests.publish.buckets import new_bucket, s3_server, store_in

ABSENT = Condition(None)


@pytest.fixture(scope="module")
def server() -> Iterator[str]:
    with s3_server() as address:
        yield address


@pytest.fixture(params=["memory", "folder", "s3"])
def store(request: pytest.FixtureRequest, tmp_path: Path, server: str) -> Store:
    if request.param == "memory":
        return MemoryStore()
    if request.param == "folder":
        return FolderStore(tmp_path / "www")
    return store_in(server, new_bucket(server))


def about(data: bytes) -> About:
    return About("text/plain; charset=utf-8", "no-cache", hashlib.sha256(data).hexdigest())


def put(store: Store, path: str, data: bytes, condition: Condition | None = None) -> str:
    return store.write(path, data, about(data), condition)


def got(store: Store, path: str, start: int = 0, length: int | None = None) -> bytes:
    return b"".join(store.read(path, start, length).blocks)


def test_what_was_written_is_read(store: Store) -> None:
    etag = put(store, "a/b.txt", b"hello")
    opened = store.read("a/b.txt")
    assert (opened.etag, opened.size, b"".join(opened.blocks)) == (etag, 5, b"hello")
    entry = store.about("a/b.txt")
    assert entry is not None
    assert (entry.path, entry.bytes, entry.etag) == ("a/b.txt", 5, etag)
    assert entry.sha256 == "2cf24dba5fb0a30e26e83b2ac5b9e29e1b161e5c1fa7425e73043362938b9824"  # sha256sum


@pytest.mark.parametrize(
    ("start", "length", "expected"),
    [(0, 2, b"he"), (3, None, b"lo"), (3, 99, b"lo"), (1, 0, b""), (5, None, b""), (99, None, b"")],
)
def test_parts_of_a_file(store: Store, start: int, length: int | None, expected: bytes) -> None:
    put(store, "a", b"hello")
    assert got(store, "a", start, length) == expected
    assert store.read("a", start, length).size == 5


def test_an_empty_file(store: Store) -> None:
    put(store, "empty", b"")
    assert got(store, "empty") == b""
    assert [entry.bytes for entry in store.list()] == [0]


def test_the_list_is_in_order_of_bytes_and_by_prefix(store: Store) -> None:
    names = ["tiles/图-1.pmtiles", "tiles/a.b", "tiles/a/b", "tilejson/x.json", "z", "Z", "assets/Noto Sans/0-255.pbf"]
    for name in names:
        put(store, name, name.encode())
    assert [entry.path for entry in store.list()] == sorted(names, key=str.encode)
    assert [entry.path for entry in store.list("tiles/")] == ["tiles/a.b", "tiles/a/b", "tiles/图-1.pmtiles"]
    assert [entry.path for entry in store.list("tile")] == [
        "tilejson/x.json", "tiles/a.b", "tiles/a/b", "tiles/图-1.pmtiles",
    ]  # fmt: skip
    assert list(store.list("nothing")) == []
    etags = {entry.path: entry.etag for entry in store.list()}
    for name in names:
        entry = store.about(name)
        assert entry is not None
        assert etags[name] == entry.etag
        assert got(store, name) == name.encode()


def test_what_is_not_there(store: Store) -> None:
    assert list(store.list()) == []
    assert store.about("a") is None
    with pytest.raises(MissingFile):
        store.read("a")
    with pytest.raises(MissingFile):
        store.read("a", 5)
    store.delete("a")
    store.delete("a/b/c")


def test_deleting(store: Store) -> None:
    put(store, "a/b", b"1")
    put(store, "a/c", b"2")
    store.delete("a/b")
    assert store.about("a/b") is None
    assert [entry.path for entry in store.list()] == ["a/c"]


def test_only_where_there_is_none(store: Store) -> None:
    put(store, "lease", b"one", ABSENT)
    with pytest.raises(Conflict):
        put(store, "lease", b"two", ABSENT)
    assert got(store, "lease") == b"one"
    store.delete("lease")
    put(store, "lease", b"two", ABSENT)
    assert got(store, "lease") == b"two"


def test_only_over_what_was_seen(store: Store) -> None:
    first = put(store, "pointer", b"one")
    second = put(store, "pointer", b"two", Condition(first))
    assert second != first
    with pytest.raises(Conflict):
        put(store, "pointer", b"three", Condition(first))
    assert got(store, "pointer") == b"two"
    store.delete("pointer")
    with pytest.raises((Conflict, MissingFile)):
        put(store, "pointer", b"three", Condition(second))
    assert store.about("pointer") is None


def test_of_many_at_once_one_wins(store: Store) -> None:
    won: list[int] = []
    ready = threading.Barrier(6)

    def contend(number: int) -> None:
        ready.wait()
        try:
            put(store, "lease", str(number).encode(), ABSENT)
            won.append(number)
        except Conflict:
            pass

    threads = [threading.Thread(target=contend, args=(number,)) for number in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(won) == 1
    assert got(store, "lease") == str(won[0]).encode()


def test_a_file_is_replaced(store: Store) -> None:
    first = put(store, "a", b"one and more")
    opened = store.read("a")
    second = put(store, "a", b"two")
    assert first != second
    assert got(store, "a") == b"two"
    assert b"".join(opened.blocks) in (b"one and more", b"two")  # never a mixture


def test_a_source_that_is_not_what_it_should_be(store: Store, tmp_path: Path) -> None:
    source = tmp_path / "source"
    source.write_bytes(b"altered")
    for data in (source, b"altered"):
        with pytest.raises(Altered):
            store.write("a", data, about(b"right"))
    assert list(store.list()) == []


def test_a_large_file(store: Store, tmp_path: Path) -> None:
    source = tmp_path / "large"
    data = random.Random(7).randbytes((11 << 20) + 3)
    source.write_bytes(data)
    etag = store.write("tiles/large", source, about(data))
    entry = store.about("tiles/large")
    assert entry is not None
    assert (entry.bytes, entry.etag, entry.sha256) == (len(data), etag, hashlib.sha256(data).hexdigest())
    assert got(store, "tiles/large") == data
    assert got(store, "tiles/large", (5 << 20) - 2, 4) == data[(5 << 20) - 2 : (5 << 20) + 2]
    source.write_bytes(data[:-1] + b"?")
    with pytest.raises(Altered):
        store.write("tiles/other", source, about(data))
    assert [entry.path for entry in store.list()] == ["tiles/large"]
