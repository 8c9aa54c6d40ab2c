"""Deltas that mean harm, or were harmed: refused, and nothing outside the result's folder is touched."""

from __future__ import annotations

import json
import random
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from pipeline.errors import InputError, LongquanError, OutputError
from pipeline.release.delta import apply_delta, make_delta, read_listing
from pipeline.release.delta import listing as listing_module
from tests.broken.archive.deltas import DeltaParts
from tests.release.delta.releases import contents, sha, write_release

Listing = dict[str, Any]


@pytest.fixture
def sound(tmp_path: Path) -> tuple[Path, Path, Path]:
    """An older release, a newer one and the delta between them."""
    old = write_release(tmp_path / "old", {"a/page.html": b"old page " * 99, "same.txt": b"same"})
    new = write_release(tmp_path / "new", {"a/page.html": b"new page " * 99, "same.txt": b"same", "new.txt": b"new"})
    make_delta(old, new, tmp_path / "delta")
    return old, new, tmp_path / "delta"


def rewritten(delta: Path, change: Callable[[Listing], object]) -> None:
    found = json.loads((delta / "delta.json").read_text())
    change(found)
    (delta / "delta.json").write_text(json.dumps(found))


def named(found: Listing, path: str) -> Listing:
    (step,) = [step for step in found["files"] if step["path"] == path]
    assert isinstance(step, dict)
    return step


def holding(*files: list[object]) -> Callable[[Listing], object]:
    """A page of which another part makes the shell."""
    return put("new.txt", "filling", value={"bytes": 3, "sha256": sha(b"new"), "files": list(files)})


def put(path: str, *keys: str, value: object) -> Callable[[Listing], object]:
    """A change of one value of a file's entry."""

    def change(found: Listing) -> None:
        at = named(found, path)
        for key in keys[:-1]:
            at = at[key]
        at[keys[-1]] = value

    return change


def twice(found: Listing) -> None:
    found["files"].append(dict(named(found, "same.txt")))


def another(**values: object) -> Callable[[Listing], object]:
    return lambda found: found["files"].append({**named(found, "same.txt"), **values})


def spelled_twice(found: Listing) -> None:
    """A letter with an accent, and a letter followed by an accent."""
    found["files"] += [{**named(found, "same.txt"), "path": path} for path in ("caf\u00e9", "cafe\u0301")]


FILLING = {"bytes": 3, "sha256": sha(b"new"), "files": []}
PLACE = "a page has no such place for a file"
PROMISE = "what it makes is not what it promises"
LONG = "x" * 1001

# What is wrong, and words of the refusal.
BROKEN: dict[str, tuple[Callable[[Listing], object], str]] = {
    "version": (lambda found: found.update(version=2), "This is a delta of version 2"),
    "no-files": (lambda found: found.pop("files"), "files is missing"),
    "files-no-list": (lambda found: found.update(files={}), "is no JSON list"),
    "file-no-object": (lambda found: found["files"].append("a"), "is no JSON object"),
    "parent": (put("new.txt", "path", value="../evil.txt"), "leads out of the folder"),
    "absolute": (put("new.txt", "path", value="/tmp/evil.txt"), "leads out of the folder"),
    "backslash": (put("new.txt", "path", value="..\\evil.txt"), "leads out of the folder"),
    "drive": (put("new.txt", "path", value="C:evil.txt"), "leads out of the folder"),
    "device": (put("new.txt", "path", value="nul.txt"), "leads out of the folder"),
    "empty-path": (put("new.txt", "path", value=""), "leads out of the folder"),
    "long-path": (put("new.txt", "path", value=LONG), "leads out of the folder"),
    "nul": (put("new.txt", "path", value="a\0b"), "leads out of the folder"),
    "path-no-text": (put("new.txt", "path", value=7), "is no text"),
    "base-escape": (put("same.txt", "base", value={"path": "../../etc/passwd"}), "leads out of the folder"),
    "part-escape": (put("new.txt", "part", "path", value="parts/../../x.lqdelta"), "is no name of a part"),
    "part-absolute": (put("new.txt", "part", "path", value="/etc/passwd"), "is no name of a part"),
    "part-elsewhere": (put("new.txt", "part", "path", value="delta.json"), "is no name of a part"),
    "part-twice": (put("new.txt", "part", "path", value="parts/00001.lqdelta"), "lists a file twice"),
    "twice": (twice, "lists a file twice"),
    "case": (another(path="SAME.txt"), "one on some systems"),
    "spelling": (spelled_twice, "one on some systems"),
    "file-and-folder": (another(path="a"), "one on some systems"),
    "size-negative": (put("new.txt", "bytes", value=-1), "is no size of a file"),
    "size-float": (put("new.txt", "bytes", value=3.0), "is no size of a file"),
    "size-true": (put("new.txt", "bytes", value=True), "is no size of a file"),
    "size-huge": (put("new.txt", "bytes", value=1 << 60), "is no size of a file"),
    "size-beyond-any-disk": (put("new.txt", "bytes", value=1 << 50), "The disk has no room"),
    "hash": (put("new.txt", "sha256", value="A" * 64), "is no sha256"),
    "hash-short": (put("new.txt", "sha256", value="a" * 63), "is no sha256"),
    "nothing-to-make-it-of": (
        lambda found: named(found, "new.txt").pop("part"),
        "not the file that the delta starts from",
    ),
    "filling-outside": (
        holding([3, "same.txt"], [2, "same.txt"]),
        PLACE,
    ),
    "filling-behind": (holding([4, "same.txt"]), PLACE),
    "filling-escape": (holding([0, "../x"]), "leads out of the folder"),
    "filling-unlisted": (holding([0, "x"]), "a page holds a file that"),
    "filling-of-itself": (
        holding([0, "new.txt"]),
        "a page holds a file",
    ),
    "filling-huge": (put("new.txt", "filling", value=FILLING | {"bytes": 1 << 28}), "is no size of a file"),
    "filling-bomb": (holding(*[[0, "same.txt"]] * 9999), PROMISE),
    "filling-more": (holding([0, "same.txt"]), PROMISE),
    "release-no-hash": (lambda found: found["from"].update(release="newest"), "is no sha256"),
    "manifest-of-another": (lambda found: found["to"].update(manifest_sha256="0" * 64), "release.json is not that"),
    "no-manifest": (lambda found: found["files"].remove(named(found, "release.json")), "release.json is not that"),
    "for-another-release": (lambda found: found["from"].update(manifest_sha256="0" * 64), "made for another release"),
    "another-part-size": (put("new.txt", "part", "bytes", value=1), "is missing or has another size"),
    "another-part": (put("new.txt", "part", "path", value="parts/99999.lqdelta"), "is missing or has another size"),
    "another-result": (put("new.txt", "sha256", value="0" * 64), "leads to another file"),
    "another-base": (put("a/page.html", "base", "path", value="same.txt"), "not the file that the delta starts from"),
    "another-same": (put("same.txt", "base", value={"path": "a/page.html"}), "not the file that the delta starts from"),
}


@pytest.mark.parametrize("name", sorted(BROKEN))
def test_a_broken_listing_is_refused(tmp_path: Path, sound: tuple[Path, Path, Path], name: str) -> None:
    old, new, delta = sound
    change, words = BROKEN[name]
    before = contents(tmp_path)
    rewritten(delta, change)
    broken = contents(delta)
    with pytest.raises((InputError, OutputError)) as caught:
        apply_delta(old, delta, tmp_path / "out")
    assert words in str(caught.value)
    assert caught.value.where
    wanted = contents(new)
    made = contents(tmp_path / "out") if (tmp_path / "out").exists() else {}
    assert all(wanted[path] == data for path, data in made.items()), "what was made is right"
    assert contents(delta) == broken
    assert {k: v for k, v in contents(tmp_path).items() if not k.startswith(("out/", "delta/"))} == {
        k: v for k, v in before.items() if not k.startswith("delta/")
    }


@pytest.mark.parametrize(
    "text",
    [
        b"",
        b"{",
        b"[]",
        b"null",
        b"\xff\xfe",
        b'{"version": 1, "version": 1}',
        b'{"version": 1, "files": ' + b"[" * 200_000 + b"]" * 200_000 + b"}",
        b'{"version": 1, "files": [{"path": "a", "bytes": ' + b"9" * 5000 + b"}]}",
        b'{"version": NaN}',
    ],
    ids=lambda text: text[:20].decode("latin-1"),
)
def test_what_is_no_listing_is_refused(sound: tuple[Path, Path, Path], text: bytes) -> None:
    (sound[2] / "delta.json").write_bytes(text)
    with pytest.raises(InputError):
        read_listing(sound[2])


def test_counts_have_limits(sound: tuple[Path, Path, Path], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(listing_module, "FILE_LIMIT", 3)
    with pytest.raises(InputError, match="more than 3 files"):
        read_listing(sound[2])
    monkeypatch.setattr(listing_module, "LIMIT", 100)
    with pytest.raises(InputError, match="more than 100 bytes"):
        read_listing(sound[2])


def test_a_folder_that_is_no_delta(tmp_path: Path, sound: tuple[Path, Path, Path]) -> None:
    for folder in (tmp_path / "none", sound[0]):
        with pytest.raises(InputError, match="There is no delta"):
            apply_delta(sound[0], folder, tmp_path / "out")
    assert not (tmp_path / "out").exists()


@pytest.mark.parametrize("place", ["delta.json", "parts", "parts/00001.lqdelta"])
def test_links_in_a_delta_are_not_followed(tmp_path: Path, sound: tuple[Path, Path, Path], place: str) -> None:
    old, _new, delta = sound
    (delta / place).rename(tmp_path / "elsewhere")
    (delta / place).symlink_to(tmp_path / "elsewhere")
    with pytest.raises(InputError):
        apply_delta(old, delta, tmp_path / "out")


def test_links_in_the_older_release_are_not_followed(tmp_path: Path, sound: tuple[Path, Path, Path]) -> None:
    old, _new, delta = sound
    (old / "same.txt").rename(tmp_path / "elsewhere")
    (old / "same.txt").symlink_to(tmp_path / "elsewhere")
    with pytest.raises(InputError, match="not the file that the delta starts from"):
        apply_delta(old, delta, tmp_path / "out")


def test_links_in_the_result_are_not_followed(tmp_path: Path, sound: tuple[Path, Path, Path]) -> None:
    old, _new, delta = sound
    (tmp_path / "out").mkdir()
    (tmp_path / "victim").mkdir()
    (tmp_path / "out/a").symlink_to(tmp_path / "victim", target_is_directory=True)
    with pytest.raises(OutputError):
        apply_delta(old, delta, tmp_path / "out")
    assert not list((tmp_path / "victim").iterdir())


def test_a_link_where_a_file_shall_be_is_replaced(tmp_path: Path, sound: tuple[Path, Path, Path]) -> None:
    old, new, delta = sound
    (tmp_path / "out").mkdir()
    (tmp_path / "victim.txt").write_bytes(b"mine")
    for name in ("new.txt", "same.txt"):
        (tmp_path / "out" / name).symlink_to(tmp_path / "victim.txt")
    apply_delta(old, delta, tmp_path / "out")
    assert (tmp_path / "victim.txt").read_bytes() == b"mine"
    assert contents(tmp_path / "out") == contents(new)
    assert not (tmp_path / "out/new.txt").is_symlink()


@pytest.mark.parametrize("link", [True, False])
def test_a_part_cut_off_or_with_a_flipped_bit(tmp_path: Path, sound: tuple[Path, Path, Path], link: bool) -> None:
    """Refused, or (bits of no meaning) the very release."""
    old, new, delta = sound
    wanted = contents(new)
    noise = random.Random(1)
    refused = 0
    for part in sorted((delta / "parts").iterdir()):
        whole = part.read_bytes()
        for at in noise.sample(range(len(whole)), 6):
            harmed = bytearray(whole)
            harmed[at] ^= 1 << noise.randrange(8)
            for data in (bytes(harmed), whole[:at]):
                part.write_bytes(data)
                try:
                    apply_delta(old, delta, tmp_path / "out", link=link)
                    assert contents(tmp_path / "out") == wanted
                except LongquanError:
                    refused += 1
                    made = contents(tmp_path / "out")
                    assert all(wanted[path] == content for path, content in made.items())
                shutil.rmtree(tmp_path / "out", ignore_errors=True)
        part.write_bytes(whole)
    assert refused > 30
    assert contents(old)["same.txt"] == b"same"


def test_a_part_that_leads_elsewhere(tmp_path: Path, sound: tuple[Path, Path, Path]) -> None:
    """A sound delta from and to other files in the place of a part: it is held against delta.json."""
    old, _new, delta = sound
    part = DeltaParts().bytes()

    def change(found: Listing) -> None:
        named(found, "new.txt")["part"].update(bytes=len(part), sha256=sha(part))
        (delta / named(found, "new.txt")["part"]["path"]).write_bytes(part)

    rewritten(delta, change)
    with pytest.raises(InputError, match="leads to another file"):
        apply_delta(old, delta, tmp_path / "out")
    assert not (tmp_path / "out/new.txt").exists()


def test_a_disk_that_is_full(tmp_path: Path, sound: tuple[Path, Path, Path], monkeypatch: pytest.MonkeyPatch) -> None:
    from pipeline.release.delta import apply as apply_module

    monkeypatch.setattr(apply_module.shutil, "disk_usage", lambda _path: (1000, 900, 100))
    with pytest.raises(OutputError, match="The disk has no room"):
        apply_delta(sound[0], sound[2], tmp_path / "out")
    assert contents(tmp_path / "out") == {}
