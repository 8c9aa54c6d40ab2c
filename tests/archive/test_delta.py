"""Deltas: whatever two archives there are, one becomes the other, or nothing happens."""

from __future__ import annotations

import ast
import errno
import hashlib
import random
import re
import subprocess
import sys
import tracemalloc
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pipeline.archive import delta as delta_module
from pipeline.archive import delta_plan
from pipeline.archive import patch as patch_module
from pipeline.archive.compress import gzip_bytes
from pipeline.archive.delta import Identity, compressor_mark, parse_batches, parse_front
from pipeline.archive.delta_plan import SHORTEST_COPY
from pipeline.archive.delta_writer import WrittenDelta, write_delta, write_file_delta
from pipeline.archive.header import Compression, TileType
from pipeline.archive.patch import apply_delta
from pipeline.archive.reader import Archive, open_archive
from pipeline.archive.source import MemorySource
from pipeline.archive.writer import Writer
from pipeline.archive.zstd import expand_frame
from pipeline.errors import ArchiveError, InputError, LongquanError, OutputError, UsageError
from tests.archive.archives import CONTENTS, Content, edited, write, write_theirs
from tests.broken.archive.deltas import BROKEN_DELTAS, NEW, OLD, DeltaParts, this_compressor
from tests.broken.archive.forge import BROKEN, Parts

DOCS = Path(__file__).parents[2] / "docs" / "delta.md"


def documented() -> Callable[[bytes, bytes], bytes]:
    """The reader printed in docs/delta.md."""
    (source,) = re.findall(r"```python\n(.*?)```", DOCS.read_text(encoding="utf-8"), re.DOTALL)
    scope: dict[str, Any] = {}
    exec(source, scope)
    apply: Callable[[bytes, bytes], bytes] = scope["apply"]
    return apply


def between(a: bytes, b: bytes, folder: Path) -> WrittenDelta:
    with Archive(MemorySource(a)) as before, Archive(MemorySource(b)) as after:
        return write_delta(before, after, folder / "x.delta")


def patched(a: bytes, folder: Path) -> bytes:
    (folder / "a").write_bytes(a)
    made = apply_delta(folder / "a", folder / "x.delta", folder / "out")
    found = (folder / "out").read_bytes()
    assert (made.bytes, made.copied + made.inserted) == (len(found), len(found))
    return found


def check(a: bytes, b: bytes, folder: Path) -> WrittenDelta:
    """From a to b by our reader and by the documented one; the bytes of the delta are the same each time."""
    written = between(a, b, folder)
    delta = written.path.read_bytes()
    assert between(a, b, folder).path.read_bytes() == delta
    assert written.bytes == len(delta)
    assert patched(a, folder) == b
    assert documented()(a, delta) == b
    front = parse_front(MemorySource(delta))
    for batch in parse_batches(MemorySource(delta), front):
        copies = batch.steps.copies
        assert ((copies >= SHORTEST_COPY) | (copies == 0)).all(), "a step costs more than a shorter copy saves"
    return written


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("deltas")


@settings(max_examples=60, deadline=None)
@given(pair=edited(), theirs=st.tuples(st.booleans(), st.booleans()))
def test_an_archive_becomes_its_successor(
    folder: Path, pair: tuple[Content, Content], theirs: tuple[bool, bool]
) -> None:
    """Also between archives of ours and of the `pmtiles` package."""
    whole = [
        (write_theirs if foreign else write)(folder / "w", content).read_bytes()
        for content, foreign in zip(pair, theirs, strict=True)
    ]
    written = check(whole[0], whole[1], folder)
    assert written.inserted <= len(whole[1])


@settings(max_examples=20, deadline=None)
@given(content=CONTENTS)
def test_nothing_is_inserted_between_equals(folder: Path, content: Content) -> None:
    """But for the header, which no directory names."""
    whole = write(folder / "w", content).read_bytes()
    assert check(whole, whole, folder).inserted == 127


@settings(max_examples=30, deadline=None)
@given(pair=st.tuples(CONTENTS, CONTENTS))
def test_strangers_become_each_other(folder: Path, pair: tuple[Content, Content]) -> None:
    a, b = (write(folder / "w", content).read_bytes() for content in pair)
    check(a, b, folder)


@given(cut=st.integers(0, 400), patch=st.binary(max_size=30), data=st.data())
@settings(max_examples=40, deadline=None)
def test_files_of_odd_making(folder: Path, cut: int, patch: bytes, data: st.DataObject) -> None:
    """Gaps, tails, unclustered bodies, bodies that overlap or lie outside: bytes are bytes."""
    entries = [(0, 0, 40, 1), (1, 20, 40, 2), (4, 300, 50, 1), (5, 100, 60, 1), (7, 390, 60, 1)]
    body = data.draw(st.binary(min_size=420, max_size=420))
    before = Parts(entries=entries, data=body)
    chosen = data.draw(st.lists(st.sampled_from(entries), min_size=1, max_size=5, unique=True))
    after = Parts(entries=sorted(chosen), data=body[:cut] + patch + body[cut:], tail=patch)
    check(before.bytes(), after.bytes(), folder)


def leafy(path: Path, changed: Callable[[int], bytes]) -> bytes:
    with Writer(path, tile_type=TileType.PNG, tile_compression=Compression.NONE) as writer:
        for i in range(20_000):
            writer.add(3 * i, changed(i))
        writer.finish(metadata={}, bounds=(0.0, 0.0, 1.0, 1.0))
    return path.read_bytes()


def test_leaf_directories(tmp_path: Path) -> None:
    """A tile that changes and keeps its length leaves all directories as they are: they are copied."""
    a = leafy(tmp_path / "w", lambda i: b"picture %d" % i)
    b = leafy(tmp_path / "w", lambda i: b"picture %d" % (i if i != 7 else 8 * 10**9))
    same = leafy(tmp_path / "w", lambda i: b"picture %d" % i if i != 19_000 else b"PICTURE 19000")
    with open_archive(tmp_path / "w") as archive:
        assert archive.header.leaves.length
        front = archive.header.data.offset
    written = check(a, same, tmp_path)
    assert written.inserted == 127 + len(b"PICTURE 19000")
    assert written.bytes < 500
    written = check(a, b, tmp_path)
    assert written.inserted <= front + len(b"picture 80000000000")


def test_the_delta_is_as_large_as_what_changed(tmp_path: Path) -> None:
    """Incompressible bodies: what is inserted is the front of the new archive and the ten bodies that are new."""
    noise = random.Random(1)
    tiles = {i: noise.randbytes(5000) for i in range(500)}
    before = Content(tiles)
    after = Content({**tiles, **{i: noise.randbytes(5000) for i in range(100, 110)}})
    a, b = (write(tmp_path / "w", content).read_bytes() for content in (before, after))
    with open_archive(tmp_path / "w") as archive:
        front = archive.header.data.offset
    written = check(a, b, tmp_path)
    stored = len(b"".join(after.tiles[i] for i in range(100, 110))) + 10 * 23  # gzip around each
    assert written.inserted <= front + stored
    assert written.bytes <= (front + stored) * 1.01 + 200


def test_a_copy_is_longer_than_its_instruction(tmp_path: Path) -> None:
    """Of AAAA BBBBB CCCCCC the middle changes: AAAA is copied with what lies before it, CCCCCC is inserted."""
    assert check(Parts().bytes(), Parts(data=b"AAAAXXXXXCCCCCC").bytes(), tmp_path).inserted == 127 + 5 + 6


def test_bodies_that_moved_are_found(tmp_path: Path) -> None:
    noise = random.Random(2)
    bodies = [noise.randbytes(300) for _ in range(50)]
    a = write(tmp_path / "w", Content(dict(enumerate(bodies)))).read_bytes()
    b = write(tmp_path / "w", Content(dict(enumerate(reversed(bodies), 1000)))).read_bytes()
    assert check(a, b, tmp_path).inserted < 1000


@pytest.mark.parametrize("rule", ["sections-inside", "directory-depth", "compression-readable"])
def test_archives_that_cannot_be_read_make_no_delta(tmp_path: Path, rule: str) -> None:
    sound, broken = Parts().bytes(), BROKEN[rule]().bytes()
    for pair in ((sound, broken), (broken, sound)):
        with pytest.raises(ArchiveError):
            between(*pair, tmp_path)
    assert list(tmp_path.iterdir()) == []


def test_archives_without_tiles(tmp_path: Path) -> None:
    empty = BROKEN["directory-filled"]().bytes()
    check(empty, Parts().bytes(), tmp_path)
    check(Parts().bytes(), empty, tmp_path)
    check(empty, empty, tmp_path)


# --- applying


def lay(folder: Path, parts: DeltaParts) -> tuple[Path, Path, Path]:
    """The base, the delta and the name of the result."""
    (folder / "old").write_bytes(OLD)
    (folder / "delta").write_bytes(parts.bytes())
    return folder / "old", folder / "delta", folder / "new"


def test_a_delta_made_by_hand(tmp_path: Path) -> None:
    made = apply_delta(*lay(tmp_path, DeltaParts()))
    assert (tmp_path / "new").read_bytes() == NEW
    assert (made.copied, made.inserted) == (34, len(NEW) - 34)
    assert documented()(OLD, DeltaParts().bytes()) == NEW


@pytest.mark.parametrize("name", sorted(BROKEN_DELTAS))
@pytest.mark.parametrize("existing", [None, b"what was there"])
def test_a_broken_delta_is_refused_and_leaves_nothing(tmp_path: Path, name: str, existing: bytes | None) -> None:
    make, words = BROKEN_DELTAS[name]
    old, delta, new = lay(tmp_path, make())
    if existing:
        new.write_bytes(existing)
    before = {path.name: path.read_bytes() for path in tmp_path.iterdir()}
    with pytest.raises((InputError, OutputError), match=re.escape(words)) as caught:
        apply_delta(old, delta, new)
    assert {path.name: path.read_bytes() for path in tmp_path.iterdir()} == before
    assert caught.value.where and str(tmp_path) in caught.value.where


def test_every_refusal_has_a_broken_delta() -> None:
    """All texts of refusals in the two modules that read deltas, but for those of the operating system's doing."""
    said = [words for _make, words in BROKEN_DELTAS.values()]
    elsewhere = {
        "The delta is damaged: {reason}.",  # around the reasons
        "The result would replace the delta.",
        "The archive is already what the delta leads to.",
        "The archive changed while it was read.",
        "it leads to another file",  # than the caller asked for
    }
    for module in (delta_module, patch_module):
        tree = ast.parse(Path(str(module.__file__)).read_text(encoding="utf-8"))
        for call in (node for node in ast.walk(tree) if isinstance(node, ast.Call)):
            if ast.unparse(call.func) not in ("damaged", "InputError", "OutputError", "UsageError") or not call.args:
                continue
            texts = [
                str(node.args[0].value)
                for argument in call.args
                for node in ast.walk(argument)
                if isinstance(node, ast.Call)
                and ast.unparse(node.func) == "_"
                and isinstance(node.args[0], ast.Constant)
            ]
            for text in texts:
                sure = max(re.split(r"\{\w+\}", text), key=len)
                assert text in elsewhere or any(words in text or sure in words for words in said), text


def test_every_prefix_of_a_delta_is_refused(tmp_path: Path) -> None:
    whole = DeltaParts().bytes()
    for length in range(len(whole)):
        old, delta, new = lay(tmp_path, DeltaParts())
        delta.write_bytes(whole[:length])
        with pytest.raises(InputError):
            apply_delta(old, delta, new)
        assert not new.exists()


def test_no_changed_byte_of_a_delta_makes_anything_else(tmp_path: Path) -> None:
    """Refused, or (bytes of gzip's own that mean nothing) the same result."""
    whole = DeltaParts().bytes()
    old, delta, new = lay(tmp_path, DeltaParts())
    for at in range(len(whole)):
        for flip in (0x01, 0x80, 0xFF):
            delta.write_bytes(whole[:at] + bytes([whole[at] ^ flip]) + whole[at + 1 :])
            try:
                apply_delta(old, delta, new)
            except LongquanError:
                assert not new.exists()
            else:
                assert new.read_bytes() == NEW
                new.unlink()


def test_in_place(tmp_path: Path) -> None:
    old, delta, _new = lay(tmp_path, DeltaParts())
    apply_delta(old, delta, old)
    assert old.read_bytes() == NEW
    with pytest.raises(InputError, match="already what the delta leads to"):
        apply_delta(old, delta, old)
    assert sorted(path.name for path in tmp_path.iterdir()) == ["delta", "old"]


def test_in_place_by_another_name(tmp_path: Path) -> None:
    old, delta, new = lay(tmp_path, DeltaParts())
    new.symlink_to(old)
    apply_delta(old, delta, new)
    assert (old.read_bytes(), new.read_bytes()) == (OLD, NEW)


def test_the_delta_is_not_replaced(tmp_path: Path) -> None:
    old, delta, _new = lay(tmp_path, DeltaParts())
    with pytest.raises(UsageError, match="would replace the delta"):
        apply_delta(old, delta, delta)
    assert delta.read_bytes() == DeltaParts().bytes()


def test_a_result_that_is_there_already(tmp_path: Path) -> None:
    old, delta, new = lay(tmp_path, DeltaParts())
    new.write_bytes(b"mine")
    with pytest.raises(OutputError, match="exists already"):
        apply_delta(old, delta, new, no_clobber=True)
    assert new.read_bytes() == b"mine"
    apply_delta(old, delta, new)
    assert new.read_bytes() == NEW


def test_what_is_not_there(tmp_path: Path) -> None:
    old, delta, new = lay(tmp_path, DeltaParts())
    with pytest.raises(InputError, match="no such file"):
        apply_delta(old, tmp_path / "none", new)
    with pytest.raises(InputError, match="no such file"):
        apply_delta(tmp_path / "none", delta, new)
    with pytest.raises(OutputError, match="folder does not exist"):
        apply_delta(old, delta, tmp_path / "none" / "new")


def test_an_archive_that_shrinks_while_it_is_read(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    old, delta, new = lay(tmp_path, DeltaParts())
    honest = patch_module._require_room

    def shrink(out: Path, size: int) -> None:
        honest(out, size)
        old.write_bytes(OLD[:20])

    monkeypatch.setattr(patch_module, "_require_room", shrink)
    with pytest.raises(InputError, match="changed while it was read"):
        apply_delta(old, delta, new)
    assert not new.exists()


@pytest.mark.parametrize("error", [KeyboardInterrupt(), OSError(errno.ENOSPC, "No space left on device")])
def test_work_that_is_broken_off_leaves_nothing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, error: BaseException
) -> None:
    old, delta, new = lay(tmp_path, DeltaParts())

    class Failing:
        def start(self, task: str, total: int | None = None, unit: str = "") -> None: ...
        def note(self, text: str) -> None: ...
        def done(self) -> None: ...
        def advance(self, n: int = 1) -> None:
            raise error

    with pytest.raises((KeyboardInterrupt, OutputError)):
        apply_delta(old, delta, new, progress=Failing())
    assert sorted(path.name for path in tmp_path.iterdir()) == ["delta", "old"]


def test_a_delta_that_cannot_be_written(tmp_path: Path) -> None:
    whole = Parts().bytes()
    with Archive(MemorySource(whole)) as a, Archive(MemorySource(whole)) as b:
        with pytest.raises(OutputError, match="folder does not exist"):
            write_delta(a, b, tmp_path / "none" / "x.delta")
        (tmp_path / "x.delta").write_bytes(b"mine")
        with pytest.raises(OutputError, match="exists already"):
            write_delta(a, b, tmp_path / "x.delta", no_clobber=True)
    assert (tmp_path / "x.delta").read_bytes() == b"mine"


def test_another_target_than_asked_for_is_refused(tmp_path: Path) -> None:
    old, delta, new = lay(tmp_path, DeltaParts())
    right = Identity(len(NEW), hashlib.sha256(NEW).digest())
    for wrong in (right._replace(size=1), right._replace(sha256=bytes(32))):
        with pytest.raises(InputError, match="leads to another file"):
            apply_delta(old, delta, new, target=wrong)
        assert not new.exists()
    apply_delta(old, delta, new, target=right, check_base=False)
    assert new.read_bytes() == NEW


def test_another_base_is_found_out_by_the_result(tmp_path: Path) -> None:
    old, delta, new = lay(tmp_path, DeltaParts())
    for at in range(len(OLD)):
        old.write_bytes(OLD[:at] + bytes([OLD[at] ^ 1]) + OLD[at + 1 :])
        try:
            apply_delta(old, delta, new, check_base=False)
        except InputError:
            assert not new.exists()
        else:
            assert new.read_bytes() == NEW  # a byte that nothing is copied from
            new.unlink()
    old.write_bytes(OLD[:-1])
    with pytest.raises(InputError, match="made for another archive"):
        apply_delta(old, delta, new, check_base=False)


# --- tiles told by older tiles


def mvt_like(seed: int, edits: int) -> bytes:
    """20 KB of which `edits` numbers change."""
    noise = random.Random(seed)
    words = [noise.randrange(1 << 16) for _ in range(5000)]
    chosen = random.Random(99)
    for _ in range(edits):
        words[chosen.randrange(5000)] += 1
    return b"".join(word.to_bytes(4, "little") for word in words)


def packed_by_us(path: Path, tiles: dict[int, bytes], level: int = 6) -> bytes:
    with Writer(path, tile_type=TileType.MVT, tile_compression=Compression.GZIP) as writer:
        for tile_id, body in sorted(tiles.items()):
            writer.add(tile_id, gzip_bytes(body, level))
        writer.finish(metadata={"name": "city"}, bounds=(0.0, 0.0, 1.0, 1.0))
    return path.read_bytes()


def test_a_changed_tile_costs_what_changed(tmp_path: Path) -> None:
    """Ten tiles of 20 KB with three numbers changed in each; as they lie in the archive they are some 140 KB."""
    before = {i: mvt_like(i, 0) for i in range(100)}
    a = packed_by_us(tmp_path / "w", before)
    b = packed_by_us(tmp_path / "w", {**before, **{i: mvt_like(i, 3) for i in range(40, 50)}})
    written = check(a, b, tmp_path)
    assert written.inserted > 100_000
    assert written.bytes < 1500


def test_tiles_that_are_packed_otherwise_are_carried_as_they_are(tmp_path: Path) -> None:
    """Here by another level of gzip: what does not come out again as it was is not packed anew."""
    before = {i: mvt_like(i, 0) for i in range(10)}
    a = packed_by_us(tmp_path / "w", before, level=1)
    b = packed_by_us(tmp_path / "w", {**before, 5: mvt_like(5, 3)}, level=1)
    written = check(a, b, tmp_path)
    assert written.bytes > 10_000


def test_for_receivers_with_another_gzip_nothing_is_packed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    before = {i: mvt_like(i, 0) for i in range(10)}
    a = packed_by_us(tmp_path / "w", before)
    b = packed_by_us(tmp_path / "w", {**before, 5: mvt_like(5, 3)})
    (tmp_path / "a").write_bytes(a)
    between(a, b, tmp_path)
    monkeypatch.setattr(patch_module, "compressor_mark", lambda: b"deflate9")
    with pytest.raises(InputError, match="packs to other bytes"):
        apply_delta(tmp_path / "a", tmp_path / "x.delta", tmp_path / "out")
    with Archive(MemorySource(a)) as before_, Archive(MemorySource(b)) as after:
        write_delta(before_, after, tmp_path / "x.delta", repack=False)
    assert patched(a, tmp_path) == b
    assert documented()(a, (tmp_path / "x.delta").read_bytes()) == b


def test_the_mark_is_that_of_the_documentation() -> None:
    assert compressor_mark() == this_compressor()


def test_nothing_of_the_older_archive_is_in_it(tmp_path: Path) -> None:
    """What left a tile is in no frame, though the frame starts from the older tile; nothing is hidden by packing."""
    secret = random.Random(5).randbytes(400)
    before = {i: mvt_like(i, 0) + secret + bytes([i]) for i in range(10)}
    a = packed_by_us(tmp_path / "w", before)
    b = packed_by_us(tmp_path / "w", {i: mvt_like(i, 0) + bytes([i]) for i in range(10)})
    delta = check(a, b, tmp_path).path.read_bytes()
    front = parse_front(MemorySource(delta))
    blank = bytes(len(a))  # whoever has no older archive unpacks the frames with what is not there
    for batch in parse_batches(MemorySource(delta), front):
        told = [sum(sizes) for sizes in [batch.prefix.sizes.tolist()]]
        prefix = blank[:0] + bytes(told[0] + int(batch.prefix.lengths[batch.prefix.sizes == 0].sum()))
        content = expand_frame(batch.frame, batch.size, prefix) if batch.frame else b""
        for at in range(0, len(secret) - 8, 8):
            assert secret[at : at + 8] not in content


@settings(max_examples=40, deadline=None)
@given(a=st.binary(max_size=300), b=st.binary(max_size=300), times=st.tuples(st.integers(1, 300), st.integers(1, 300)))
def test_files_of_any_kind(folder: Path, a: bytes, b: bytes, times: tuple[int, int]) -> None:
    old, new = a * times[0], b * times[1] + a
    write_file_delta(MemorySource(old), MemorySource(new), folder / "x.delta", threads=2)
    delta = (folder / "x.delta").read_bytes()
    assert patched(old, folder) == new
    assert documented()(old, delta) == new
    assert len(delta) <= len(new) + 200


def test_a_file_of_several_blocks(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """What moved by less than the room around a block is found."""
    monkeypatch.setattr(delta_plan, "FILE_BLOCK", 1 << 12)
    monkeypatch.setattr(delta_plan, "PREFIX_LIMIT", 1 << 14)
    old = random.Random(1).randbytes(40_000)
    new = b"inserted" * 100 + old[:20_000] + old[21_000:]
    write_file_delta(MemorySource(old), MemorySource(new), tmp_path / "x.delta")
    assert patched(old, tmp_path) == new
    assert (tmp_path / "x.delta").stat().st_size < 1500
    write_file_delta(MemorySource(b""), MemorySource(new), tmp_path / "x.delta")
    assert patched(b"", tmp_path) == new
    assert apply_delta(None, tmp_path / "x.delta", tmp_path / "new").bytes == len(new)


# --- memory


@pytest.mark.parametrize("name", [name for name in sorted(BROKEN_DELTAS) if "bomb" in name or "huge" in name])
def test_a_bomb_is_not_unpacked(tmp_path: Path, name: str) -> None:
    """300 MiB that nobody asked for: refused for what a frame says, before any of it is there."""
    old, delta, new = lay(tmp_path, BROKEN_DELTAS[name][0]())
    tracemalloc.start()
    try:
        with pytest.raises(InputError):
            apply_delta(old, delta, new)
        _now, peak = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert peak < 4 << 20


MEASURE = """
import resource, sys
from pathlib import Path
from pipeline.archive.delta_writer import write_delta
from pipeline.archive.diff import diff_archives
from pipeline.archive.patch import apply_delta
from pipeline.archive.reader import open_archive

def peak():
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024

folder = Path(sys.argv[1])
with open_archive(folder / "a") as a, open_archive(folder / "a") as b:
    diff_archives(a, b)
small = peak()
with open_archive(folder / "a") as a, open_archive(folder / "b") as b:
    assert not diff_archives(a, b).identical
    write_delta(a, b, folder / "x.delta")
apply_delta(folder / "a", folder / "x.delta", folder / "out")
print(peak() - small)
"""


@pytest.mark.long
def test_memory_does_not_grow_with_the_tiles(tmp_path: Path) -> None:
    """Two archives of 150 MB, the second half of them new: less than 40 MB more than what it takes to begin."""
    noise = random.Random(3)
    tiles = {i: noise.randbytes(15_000) for i in range(10_000)}
    for name, start in (("a", 0), ("b", 5_000)):
        with Writer(tmp_path / name, tile_type=TileType.PNG, tile_compression=Compression.NONE) as writer:
            for i in range(start, start + 10_000):
                writer.add(i, tiles.get(i) or noise.randbytes(15_000))
            writer.finish(metadata={}, bounds=(0.0, 0.0, 1.0, 1.0))
    done = subprocess.run([sys.executable, "-c", MEASURE, str(tmp_path)], capture_output=True, text=True, check=True)
    assert (tmp_path / "out").read_bytes() == (tmp_path / "b").read_bytes()
    assert (tmp_path / "x.delta").stat().st_size < 76_000_000
    assert int(done.stdout) < 40
