"""kill -9 of real publishers at random moments, while a reader who trusts nothing looks at the target all the time."""

from __future__ import annotations

import hashlib
import json
import os
import random
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path

import pytest

from pipeline.cli import main
from pipeline.errors import LongquanError
from pipeline.publish.folder import PART
from pipeline.publish.records import LEASE, UNFINISHED, record_of
from pipeline.release.trust.seen import Seen
from pipeline.release.trust.verify import verify_trust
from tests.publish.buckets import client_of, credentials, new_bucket, s3_server
from tests.publish.bureau import new_bureau, write_signed
from tests.publish.releases import NAMED, find_fault, sums_of
from tests.release.trust.bureau import Bureau

ROOT = Path(__file__).parents[2]
KEPT = 4  # releases whose pages may be there; three are kept, and one may be on its way
Read = Callable[[str], bytes | None]


@pytest.fixture(scope="module")
def server() -> Iterator[str]:
    with s3_server() as address:
        yield address


class Press:
    """Releases of one bureau, each signed as the successor of the one before."""

    def __init__(self, folder: Path) -> None:
        self.folder, self.bureau = folder, new_bureau()
        self.made: list[Path] = []
        self.sums: list[dict[str, str]] = []

    def next(self) -> Path:
        number = len(self.made) + 1
        previous = self.made[-1] if self.made else None
        # The date of a release that `write_release` makes is the day of its number.
        dist = write_signed(
            self.bureau, self.folder / str(number), number, previous=previous, as_of=datetime(2026, 1, 1).date(),
            archive_bytes=50_000,
        )  # fmt: skip
        self.made.append(dist)
        self.sums = [*self.sums, sums_of(dist)]  # a reader may hold the list
        return dist


@pytest.fixture(scope="module")
def press(tmp_path_factory: pytest.TempPathFactory) -> Press:
    made = Press(tmp_path_factory.mktemp("press"))
    made.next()
    return made


def fault_of(read: Read, press: Press) -> str | None:
    """What a reader of pages, or one who follows the signatures, would miss."""
    current = hashlib.sha256(read("release.json") or b"").hexdigest()
    known = press.sums
    at = next((n for n, sums in enumerate(known) if sums["release.json"] == current), 0)
    visible = known[max(0, at - KEPT) :]  # what comes meanwhile is newer
    fault = find_fault(lambda path: None if path.startswith("metadata/") else read(path), visible)
    return fault or _signed_fault(read, press.bureau)


@dataclass(frozen=True, slots=True)
class _Metadata:
    reading: Read

    def read(self, name: str, limit: int) -> bytes | None:
        data = self.reading(f"metadata/{name}")
        return None if data is None else data[: limit + 1]


def _signed_fault(read: Read, bureau: Bureau) -> str | None:
    """The newest release that is signed is there, whole: its list, and what the list names by hash."""
    if read("metadata/timestamp.json") is None:
        return None
    try:
        now = datetime.now(UTC)
        trusted = verify_trust(_Metadata(read), bureau.roots[0], seen=Seen.none(), now=now, online=True)
    except LongquanError as error:
        return f"the signatures do not hold: {error}"
    kept = read(record_of(trusted.release))
    if kept is None or hashlib.sha256(kept).hexdigest() != trusted.manifest_sha256:
        return f"the list of release {trusted.release[:12]} is not there"
    for entry in json.loads(kept)["files"]:
        data = read(entry["path"])
        if data is None:
            return f"signed is {entry['path']}, which is missing"
        if NAMED.fullmatch(entry["path"]) and hashlib.sha256(data).hexdigest() != entry["sha256"]:
            return f"signed is {entry['path']}, which is another file"
    return None


@dataclass
class Poll:
    """Somebody who loads everything again and again."""

    read: Read
    press: Press
    turns: int = 0
    faults: list[str] = field(default_factory=list)
    _stop: threading.Event = field(default_factory=threading.Event)

    def __enter__(self) -> Poll:
        self._thread = threading.Thread(target=self._run)
        self._thread.start()
        return self

    def __exit__(self, *_about: object) -> None:
        self._stop.set()
        self._thread.join()

    def _run(self) -> None:
        while not self._stop.is_set():
            started = time.perf_counter()
            try:
                fault = fault_of(self.read, self.press)
            except Exception as error:
                fault = repr(error)
            self.turns += 1
            if fault is not None:
                self.faults.append(fault)
            self._stop.wait(2 * (time.perf_counter() - started))  # most of the processor is the publisher's


@dataclass(frozen=True)
class Publisher:
    """`longquan publish … --apply` as a process."""

    target: str
    read: Read
    environment: dict[str, str]

    def words(self, dist: Path, *options: str) -> list[str]:
        return ["--lang", "en", "publish", str(dist), self.target, "--apply", "--keep-days", "0", *options]

    def start(self, dist: Path, *options: str) -> subprocess.Popen[bytes]:
        environment = {**os.environ, **self.environment, "PYTHONPATH": str(ROOT)}
        return subprocess.Popen(
            [sys.executable, "-m", "pipeline", *self.words(dist, *options)],
            env=environment, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
        )  # fmt: skip

    def finish(self, dist: Path, *options: str) -> float:
        """Let one publish to its end, in this process; returns the seconds that took."""
        started = time.perf_counter()
        with pytest.MonkeyPatch.context() as patch:
            for name, value in self.environment.items():
                patch.setenv(name, value)
            assert main(self.words(dist, *options)) == 0
        return time.perf_counter() - started

    def began(self, process: subprocess.Popen[bytes]) -> None:
        """Wait until a process holds the lease, or has ended."""
        before = self.read(LEASE)
        while process.poll() is None and self.read(LEASE) in (None, before):
            time.sleep(0.002)


def kills(press: Press, publisher: Publisher, times: int, seed: int) -> int:
    """Kill so many publishers at work, each followed by one that goes on or brings the next release.

    Returns how many of them left something unfinished.
    """
    chance, left = random.Random(seed), 0
    read = publisher.read
    longest = publisher.finish(press.made[-1])
    with Poll(read, press) as poll:
        for _turn in range(times):
            if chance.random() < 0.6:
                press.next()
            process = publisher.start(press.made[-1], "--take-over")
            publisher.began(process)
            time.sleep(chance.uniform(0, 1.1) * longest)
            process.kill()
            process.wait()
            assert fault_of(read, press) is None
            left += read(UNFINISHED) is not None
        publisher.finish(press.made[-1], "--take-over")
        publisher.finish(press.made[-1])
    assert poll.faults == [] and poll.turns > 2
    assert read("release.json") == (press.made[-1] / "release.json").read_bytes()
    for path, digest in press.sums[-1].items():
        assert hashlib.sha256(read(path) or b"").hexdigest() == digest, path
    assert read(UNFINISHED) is None
    return left


def folder_publisher(www: Path) -> Publisher:
    def read(path: str) -> bytes | None:
        try:
            return (www / path).read_bytes()
        except (FileNotFoundError, NotADirectoryError):
            return None

    return Publisher(str(www), read, {})


def bucket_publisher(server: str) -> Publisher:
    bucket, client = new_bucket(server), client_of(server)

    def read(path: str) -> bytes | None:
        try:
            return bytes(client.get_object(Bucket=bucket, Key=f"map/{path}")["Body"].read())
        except client.exceptions.NoSuchKey:
            return None

    return Publisher(f"s3://{bucket}/map", read, credentials(server))


def nothing_is_left_over(www: Path, press: Press) -> None:
    """No half-written file, and of releases that are no longer kept only what others have, too."""
    there = {path.relative_to(www).as_posix() for path in www.rglob("*") if path.is_file()}
    assert not [path for path in there if PART.fullmatch(path)]
    kept = {path for sums in press.sums if record_of_sums(sums, www) for path in sums}
    assert {path for path in there if not path.startswith("metadata/")} == kept | {"SHA256SUMS", "SM3SUMS"}


def record_of_sums(sums: dict[str, str], www: Path) -> bool:
    """Whether the release with these sums is kept at the target."""
    lists = [path.read_bytes() for path in (www / "metadata").glob("release-*.json")]
    return sums["release.json"] in {hashlib.sha256(data).hexdigest() for data in lists}


def test_kill_9_while_it_publishes_to_a_folder(press: Press, tmp_path: Path) -> None:
    kills(press, folder_publisher(tmp_path / "www"), 3, seed=3)
    nothing_is_left_over(tmp_path / "www", press)


def test_kill_9_while_it_publishes_to_a_bucket(press: Press, server: str) -> None:
    kills(press, bucket_publisher(server), 2, seed=4)


@pytest.mark.long
def test_50_times_kill_9_while_it_publishes_to_a_folder(press: Press, tmp_path: Path) -> None:
    assert kills(press, folder_publisher(tmp_path / "www"), 50, seed=5) > 10
    nothing_is_left_over(tmp_path / "www", press)


@pytest.mark.long
def test_50_times_kill_9_while_it_publishes_to_a_bucket(press: Press, server: str) -> None:
    assert kills(press, bucket_publisher(server), 50, seed=6) > 10
