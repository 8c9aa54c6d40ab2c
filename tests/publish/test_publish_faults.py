"""Publishing to a store that fails in every way that stores fail; the target holds a whole release at every moment."""

from __future__ import annotations

import hashlib
import random
import threading
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from pipeline.errors import LongquanError, OutputError
from pipeline.publish.lease import Busy, Lease, LeaseLost, leased
from pipeline.publish.publishing import Wishes, publish
from pipeline.publish.records import LEASE
from pipeline.publish.retry import TRIES, RetryingStore
from pipeline.publish.shipment import Shipment
from pipeline.publish.store import About, Altered, Condition, Conflict, Entry, MemoryStore, Opened, Store, Unavailable
from tests.publish.releases import find_fault, shipment, sums_of, trusting

DAY = datetime(2026, 11, 23, 9, tzinfo=UTC)


class FaultyStore:
    """`store` behind a bad line: `fault(operation, path)` names what goes wrong with a call, if anything."""

    def __init__(self, store: MemoryStore, fault: Callable[[str, str], str | None]) -> None:
        self.store = store
        self.fault = fault
        self.calls = 0
        self.seen: list[str | None] = []
        self.after: Callable[[], None] = lambda: None
        self._lock = threading.Lock()

    def _fault(self, operation: str, path: str) -> str | None:
        with self._lock:
            self.calls += 1
            found = self.fault(operation, path)
            if found in ("busy", "slow"):
                raise Unavailable(found, where=path, after=7.0 if found == "slow" else None)
            if found == "dead":
                raise Dead
            return found

    def list(self, prefix: str = "") -> Iterator[Entry]:
        found = self._fault("list", prefix)
        entries = list(self.store.list(prefix))
        yield from entries[: len(entries) // 2]
        if found == "cut":
            raise Unavailable("cut", where=prefix)
        yield from entries[len(entries) // 2 :]

    def read(self, path: str, start: int = 0, length: int | None = None) -> Opened:
        found = self._fault("read", path)
        opened = self.store.read(path, start, length)

        def blocks() -> Iterator[bytes]:
            data = b"".join(opened.blocks)
            if found == "flipped" and data:
                data = bytes([data[0] ^ 1]) + data[1:]
            if found == "cut":
                yield data[: random.Random(self.calls).randrange(len(data) + 1)]
                raise Unavailable("cut", where=path)
            yield data

        return Opened(opened.etag, opened.size, blocks())

    def write(self, path: str, source: Path | bytes, about: About, condition: Condition | None = None) -> str:
        found = self._fault("write", path)
        if found == "full":
            raise OutputError("the disk is full", where=path)
        if found == "cut":
            raise Unavailable("cut", where=path)
        if found == "damaged":
            data = source if isinstance(source, bytes) else source.read_bytes()
            etag = self.store.write(path, data[:-1] + b"?", about_of(data[:-1] + b"?", about), condition)
        else:
            etag = self.store.write(path, source, about, condition)
        self.after()
        if found == "lost":
            raise Unavailable("the answer was lost", where=path)
        return "wrong" if found == "wrong-etag" else etag

    def delete(self, path: str) -> None:
        if self._fault("delete", path) == "cut":
            raise Unavailable("cut", where=path)
        self.store.delete(path)
        self.after()

    def about(self, path: str) -> Entry | None:
        if self._fault("about", path) == "cut":
            raise Unavailable("cut", where=path)
        return self.store.about(path)


class Dead(BaseException):
    """The process is no more."""


def about_of(data: bytes, about: About) -> About:
    return About(about.type, about.cache, hashlib.sha256(data).hexdigest())


def go(goods: Shipment, store: Store, slept: list[float] | None = None, **wishes: object) -> None:
    pauses = [] if slept is None else slept
    publish(
        goods,
        RetryingStore(store, pauses.append),
        Wishes(threads=2, **wishes),  # type: ignore[arg-type]
        now=lambda: DAY,
        token=str(id(goods)),
        judge=trusting,
    )


def read_of(store: MemoryStore) -> Callable[[str], bytes | None]:
    return lambda path: b"".join(store.read(path).blocks) if store.about(path) else None


def plainly(_operation: str, _path: str) -> None:
    return None


@pytest.fixture(scope="module")
def goods(tmp_path_factory: pytest.TempPathFactory) -> list[Shipment]:
    folder = tmp_path_factory.mktemp("goods")
    return [shipment(folder / str(n), n) for n in (1, 2, 3)]


@pytest.fixture(scope="module")
def sums(goods: list[Shipment]) -> list[dict[str, str]]:
    return [sums_of(each.dist) for each in goods]


@pytest.mark.parametrize("kind", ["busy", "slow", "cut", "lost", "flipped", "damaged"])
@pytest.mark.parametrize("seed", range(2))
def test_what_passes_is_overcome(goods: list[Shipment], sums: list[dict[str, str]], kind: str, seed: int) -> None:
    chance = random.Random(seed)
    failed: dict[str, int] = {}

    def fault(operation: str, path: str) -> str | None:
        wanted = {"lost": "write", "damaged": "write", "flipped": "read"}.get(kind, operation)
        own = path.startswith("metadata/p") or path.startswith("metadata/u")
        if operation != wanted or (own and kind in ("flipped", "damaged")) or failed.get(operation + path, 0) >= 2:
            return None
        if chance.random() < 0.5:
            failed[operation + path] = failed.get(operation + path, 0) + 1
            return kind
        return None

    memory = MemoryStore()
    store = FaultyStore(memory, plainly)
    go(goods[0], store)
    store.fault = fault
    slept: list[float] = []
    store.after = lambda: check(memory, sums[:2])
    if kind == "damaged":
        store.after = lambda: None  # a store that spoils pointers: nobody can prevent what readers see meanwhile
    go(goods[1], store, slept)
    assert sum(failed.values()) > 3
    assert find_fault(read_of(memory), sums[:2]) is None
    assert read_of(memory)("release.json") == (goods[1].dist / "release.json").read_bytes()
    assert read_of(memory)("metadata/unfinished.json") is None
    if kind == "slow":
        assert slept and min(slept) == 7.0
    if kind in ("busy", "cut", "lost"):
        assert slept and max(slept) <= 0.25 * 2 * 1.25 * 2


def check(store: MemoryStore, releases: list[dict[str, str]]) -> None:
    fault = find_fault(read_of(store), releases)
    assert fault is None, fault


@pytest.mark.parametrize("kind", ["busy", "cut", "full", "flipped"])
def test_what_does_not_pass_ends_with_a_clear_error(
    goods: list[Shipment], sums: list[dict[str, str]], kind: str
) -> None:
    for turn in range(1, 70, 5):
        memory = MemoryStore()
        go(goods[0], memory)
        begun = 0

        def fault(operation: str, path: str, turn: int = turn) -> str | None:
            nonlocal begun
            if path == LEASE:
                return None
            begun += 1
            return kind if begun > turn else None

        store = FaultyStore(memory, fault)
        store.after = lambda memory=memory: check(memory, sums[:2])  # type: ignore[misc]
        slept: list[float] = []
        try:
            go(goods[1], store, slept)
        except (Unavailable, OutputError, LongquanError) as error:
            assert error.message
        check(memory, sums[:2])
        if kind == "busy" and slept:
            assert len(slept) % (TRIES - 1) == 0
        # Afterwards, on a good line, it goes on; and so does another release.
        go(goods[turn % 2 + 1], memory, take_over=True)
        go(goods[turn % 2 + 1], memory)
        check(memory, [*sums])
        assert read_of(memory)("metadata/unfinished.json") is None


@pytest.mark.parametrize("step", range(3))
def test_dead_at_any_call(goods: list[Shipment], sums: list[dict[str, str]], step: int) -> None:
    """As with kill -9: nothing is done after that moment, not even giving the lease back."""
    turn, ended = step, False
    while not ended:
        memory = MemoryStore()
        go(goods[0], memory)
        calls = 0

        def fault(_operation: str, _path: str, turn: int = turn) -> str | None:
            nonlocal calls
            calls += 1
            return "dead" if calls > turn else None

        store = FaultyStore(memory, fault)
        store.after = lambda memory=memory: check(memory, sums[:2])  # type: ignore[misc]
        try:
            go(goods[1], store)
            ended = True
        except Dead:
            pass
        check(memory, sums[:2])
        next_one = turn // 3 % 2 + 1
        before = {entry.path for entry in memory.list()}
        again = FaultyStore(memory, plainly)
        again.after = lambda memory=memory: check(memory, [*sums])  # type: ignore[misc]
        go(goods[next_one], again, take_over=True)
        check(memory, [*sums])
        # Whoever takes over deletes nothing that a publisher who is not dead after all may be about to name.
        go(goods[next_one], memory)
        check(memory, [*sums])
        after = {entry.path for entry in memory.list()}
        assert set(sums[next_one]) <= after
        assert read_of(memory)("metadata/unfinished.json") is None
        if next_one == 2 and read_of(memory)("metadata/release-" + goods[1].release[:12] + ".json") is None:
            only = set(sums[1]) - set(sums[0]) - set(sums[2])
            assert not after & only, (turn, before & only)  # nothing of the unfinished release is left over
        turn += 3
    assert turn > 40


def test_a_wrong_etag_harms_nothing(goods: list[Shipment], sums: list[dict[str, str]]) -> None:
    memory = MemoryStore()
    store = FaultyStore(memory, lambda operation, path: "wrong-etag" if operation == "write" else None)
    try:
        go(goods[0], store)
    except LongquanError as error:
        assert error.message
    check(memory, sums[:1])
    go(goods[0], memory, take_over=True)
    check(memory, sums[:1])


def test_a_retried_write_does_not_take_anothers_for_its_own() -> None:
    memory = MemoryStore()
    lost = iter([True])

    def fault(operation: str, _path: str) -> str | None:
        return "cut" if operation == "write" and next(lost, False) else None

    store = FaultyStore(memory, fault)
    first = memory.write("a", b"1", text(b"1"))

    def interfere(_seconds: float) -> None:
        memory.write("a", b"other", text(b"other"))

    with pytest.raises(Conflict):
        RetryingStore(store, interfere).write("a", b"2", text(b"2"), Condition(first))
    assert read_of(memory)("a") == b"other"


def test_a_broken_off_read_goes_on_where_it_broke() -> None:
    memory = MemoryStore()
    data = random.Random(1).randbytes(1000)
    memory.write("a", data, text(data))
    asked: list[int] = []

    class Short(FaultyStore):
        def read(self, path: str, start: int = 0, length: int | None = None) -> Opened:
            asked.append(start)
            opened = self.store.read(path, start, length)

            def blocks() -> Iterator[bytes]:
                got = b"".join(opened.blocks)
                yield got[:300]
                if len(got) > 300:
                    raise Unavailable("cut", where=path)

            return Opened(opened.etag, opened.size, blocks())

    opened = RetryingStore(Short(memory, plainly), lambda _seconds: None).read("a", 50, 900)
    assert b"".join(opened.blocks) == data[50:950]
    assert asked == [50, 350, 650]


def text(data: bytes) -> About:
    return About("text/plain", "no-cache", hashlib.sha256(data).hexdigest())


# The lease.


class Clock:
    def __init__(self) -> None:
        self.time = DAY

    def __call__(self) -> datetime:
        return self.time


def lease_of(store: Store, token: str, clock: Clock) -> Lease:
    return Lease(store, "ab" * 32, token, clock, 120.0)


def test_one_holds_the_lease_at_a_time() -> None:
    store, clock = MemoryStore(), Clock()
    first, second = lease_of(store, "a", clock), lease_of(store, "b", clock)
    first.take(False)
    with pytest.raises(Busy) as error:
        second.take(False)
    assert "release abababababab is being published there just now, until 2026-11-23 09:02:00 UTC" in str(error.value)
    assert "--take-over" in str(error.value)
    clock.time += timedelta(seconds=90)
    first.renew()
    clock.time += timedelta(seconds=90)
    first.check()
    with pytest.raises(Busy):
        second.take(False)
    first.give_back()
    second.take(False)
    second.check()


def test_a_dead_ones_lease_runs_out() -> None:
    store, clock = MemoryStore(), Clock()
    first, second = lease_of(store, "a", clock), lease_of(store, "b", clock)
    first.take(False)
    clock.time += timedelta(seconds=121)
    second.take(False)
    with pytest.raises(LeaseLost):
        first.check()
    with pytest.raises(LeaseLost):
        first.renew()
    first.give_back()  # not its own any more
    second.renew()


def test_taking_over_stops_the_other() -> None:
    store, clock = MemoryStore(), Clock()
    first, second = lease_of(store, "a", clock), lease_of(store, "b", clock)
    first.take(False)
    second.take(True)
    with pytest.raises(LeaseLost):
        first.renew()
    with pytest.raises(LeaseLost):
        first.check()
    second.renew()
    second.check()


def test_a_store_without_conditions_is_refused() -> None:
    class Careless(MemoryStore):
        def write(self, path: str, source: Path | bytes, about: About, condition: Condition | None = None) -> str:
            return super().write(path, source, about, None)

    with pytest.raises(OutputError, match="ignores the conditions"):
        lease_of(Careless(), "a", Clock()).take(False)


def test_the_lease_is_renewed_and_given_back() -> None:
    store = MemoryStore()
    start = datetime.now(UTC)
    with leased(store, "cd" * 32, "t", lambda: datetime.now(UTC), seconds=0.4) as lease:
        ended = threading.Event()
        ended.wait(1.0)
        lease.check()
    assert (datetime.now(UTC) - start).total_seconds() >= 1.0
    with leased(store, "cd" * 32, "u", lambda: datetime.now(UTC)):
        pass


def test_of_two_publishers_one_wins_and_nothing_interleaves(goods: list[Shipment], sums: list[dict[str, str]]) -> None:
    for _turn in range(10):
        memory = MemoryStore()
        go(goods[0], memory)
        outcomes: dict[int, LongquanError | None] = {}
        ready = threading.Barrier(2)

        def run(
            number: int,
            memory: MemoryStore = memory,
            ready: threading.Barrier = ready,
            outcomes: dict[int, LongquanError | None] = outcomes,
        ) -> None:
            store = FaultyStore(memory, plainly)
            store.after = lambda: check(memory, [*sums])
            ready.wait()
            try:
                go(goods[number], store)
                outcomes[number] = None
            except LongquanError as failure:
                outcomes[number] = failure

        threads = [threading.Thread(target=run, args=(number,)) for number in (1, 2)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        check(memory, [*sums])
        won = [number for number, error in outcomes.items() if error is None]
        assert won, outcomes
        for error in outcomes.values():
            assert error is None or isinstance(error, Busy) or "older than" in error.message
        current = read_of(memory)("release.json")
        newest = max(won)
        assert current == (goods[newest].dist / "release.json").read_bytes()
        # Nothing interleaved: every pointer of the winner is the winner's.
        for path, digest in sums[newest].items():
            assert hashlib.sha256(read_of(memory)(path) or b"").hexdigest() == digest, path


def test_a_taken_over_publisher_stops_and_harms_nothing(goods: list[Shipment], sums: list[dict[str, str]]) -> None:
    for turn in range(5, 60, 4):
        memory = MemoryStore()
        go(goods[0], memory)
        calls = 0

        def fault(operation: str, path: str, turn: int = turn, memory: MemoryStore = memory) -> str | None:
            nonlocal calls
            calls += 1
            if calls == turn:  # the other comes and goes while this one hangs
                go(goods[2], memory, take_over=True)
            return None

        store = FaultyStore(memory, fault)
        try:
            go(goods[1], store)
        except LongquanError as error:
            assert error.message
        check(memory, [*sums])
        go(goods[2], memory, take_over=True)
        check(memory, [*sums])
        assert read_of(memory)("release.json") == (goods[2].dist / "release.json").read_bytes()


def test_altered_is_told_apart() -> None:
    with pytest.raises(Altered):
        MemoryStore().write("a", b"1", text(b"2"))
