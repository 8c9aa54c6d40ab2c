"""The same kind of fault ends every verb in the same way: an exit code, one message, nothing left behind.

1: a file cannot be read or written, or does not hold what is asked for; 2: the command was called wrongly.
"""

from __future__ import annotations

import gzip
import os
import random
import shutil
import struct
from collections.abc import Callable, Sequence
from functools import cache
from pathlib import Path

import pytest

from pipeline.cli import main
from tests.broken.archive.images import BROKEN_IMAGES, imagery, mapbox, picture, terrain, terrarium
from tests.broken.archive.tiles import SOUND, archive, feature, layer

# --- the room: sound files to begin with


@cache
def sound() -> dict[str, bytes]:
    return {
        "v": archive(SOUND, SOUND).bytes(),
        "w": archive(SOUND + layer([feature()], name=b"b"), SOUND, layers=["a", "b"]).bytes(),
        "i": imagery("png").bytes(),
        "t": terrain(terrarium).bytes(),
    }


@pytest.fixture
def room(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsysbinary: pytest.CaptureFixture[bytes]) -> Path:
    """v and w: vector archives; i: imagery; t: terrain; d: what makes w of v."""
    monkeypatch.chdir(tmp_path)
    for name, data in sound().items():
        (tmp_path / name).write_bytes(data)
    assert main(["archive", "diff", "v", "w", "-o", "d"]) == 1
    capsysbinary.readouterr()
    return tmp_path


def ended(capsysbinary: pytest.CaptureFixture[bytes], arguments: Sequence[str]) -> tuple[int, str]:
    """The exit code and what was said; no fault of data is ever one of the program."""
    code = main(["--lang", "en", "archive", *arguments])
    said = capsysbinary.readouterr()
    told, failed = (stream.decode(errors="replace") for stream in said)
    assert "Something unexpected" not in failed, (arguments, failed)
    return code, told + failed


# --- files that cannot be read

READERS = {
    "show": ["show", "?"],
    "verify": ["verify", "?"],
    "decode": ["decode", "?", "0", "0", "0"],
    "diff, the older": ["diff", "?", "v"],
    "diff, the newer": ["diff", "v", "?"],
    "patch, the archive": ["patch", "?", "d", "out"],
    "patch, the delta": ["patch", "v", "?", "out"],
    "extract": ["extract", "?", "out"],
    "extract, the area": ["extract", "v", "out", "--polygon", "?"],
    "merge, the first": ["merge", "out", "?", "v"],
    "merge, the second": ["merge", "out", "v", "?"],
    "export to a folder": ["export", "?", "out"],
    "export to a file": ["export", "?", "out", "--format", "mbtiles"],
    "explain": ["explain", "?"],
}
UNREADABLE: dict[str, Callable[[Path], object]] = {
    "missing": lambda path: None,
    "a folder": lambda path: path.mkdir(),
    "an empty file": lambda path: path.write_bytes(b""),
    "a text": lambda path: path.write_text("hello, I am a text\n" * 30),
    "random bytes": lambda path: path.write_bytes(random.Random(1).randbytes(3000)),
    "a pipe": os.mkfifo,
    "a link to itself": lambda path: path.symlink_to(path.name),
    "a header alone": lambda path: path.write_bytes(Path("i").read_bytes()[:127]),
    "half a header": lambda path: path.write_bytes(Path("v").read_bytes()[:60]),
    "sections far beyond the end": lambda path: path.write_bytes(lied("v", {8: 2**64 - 5, 24: 2**63, 56: 2**62})),
    "a root directory of all the bytes there are": lambda path: path.write_bytes(lied("v", {16: 2**63})),
}


def lied(name: str, fields: dict[int, int]) -> bytes:
    """An archive with 64-bit fields of its header overwritten."""
    data = bytearray(Path(name).read_bytes())
    for at, value in fields.items():
        struct.pack_into("<Q", data, at, value)
    return bytes(data)


@pytest.mark.parametrize("fault", UNREADABLE)
def test_what_cannot_be_read_ends_with_1(room: Path, fault: str, capsysbinary: pytest.CaptureFixture[bytes]) -> None:
    UNREADABLE[fault](room / "bad")
    before = sorted(room.iterdir())
    for verb, arguments in READERS.items():
        code, said = ended(capsysbinary, ["bad" if argument == "?" else argument for argument in arguments])
        assert (code, len(said) > 20) == (1, True), (verb, said)
        assert sorted(room.iterdir()) == before, verb


# --- places where nothing can be written

WRITERS = {
    "extract": ["extract", "v", "?"],
    "extract pictures": ["extract", "i", "?"],
    "merge": ["merge", "?", "v", "w"],
    "diff": ["diff", "v", "w", "-o", "?"],
    "patch": ["patch", "v", "d", "?"],
    "export to a file": ["export", "v", "?", "--format", "mbtiles"],
    "export to a folder": ["export", "i", "?", "--format", "zxy"],
    "decode": ["decode", "i", "0/0/0", "-o", "?"],
}
PLACES = {
    ".": ["folder"],
    "..": ["folder"],
    "/": ["folder"],
    "": ["folder"],
    "full": ["folder"],
    "full/..": ["folder"],
    "none/out": ["The folder does not exist"],
    "v/out": ["Not a directory"],
    os.devnull: ["a device or a pipe", "There is a file of this name"],
    "pipe": ["a device or a pipe", "There is a file of this name"],
    "/proc/out": ["nobody make files here"],
    "x" * 300: ["File name too long"],
}


@pytest.mark.parametrize("place", PLACES, ids=lambda place: place[:9] or "nothing")
def test_what_cannot_be_written_ends_with_1(room: Path, place: str, capsysbinary: pytest.CaptureFixture[bytes]) -> None:
    if place.startswith("/proc") and not Path("/proc/self").exists():
        pytest.skip("there is no /proc here")
    (room / "full").mkdir()
    (room / "full" / "file").write_text("mine")
    os.mkfifo(room / "pipe")
    before = sorted(room.rglob("*"))
    for verb, arguments in WRITERS.items():
        code, said = ended(capsysbinary, [place if argument == "?" else argument for argument in arguments])
        assert code == 1, (verb, said)
        assert any(words in said for words in PLACES[place]), (verb, said)
        assert sorted(room.rglob("*")) == before, verb
    assert not Path(os.devnull).is_file()


@pytest.mark.parametrize("verb", [verb for verb in WRITERS if verb not in ("diff", "decode", "export to a folder")])
def test_an_existing_file_is_kept_when_asked(room: Path, verb: str, capsysbinary: pytest.CaptureFixture[bytes]) -> None:
    (room / "out").write_text("mine")
    code, said = ended(
        capsysbinary, ["out" if argument == "?" else argument for argument in [*WRITERS[verb], "--no-clobber"]]
    )
    assert (code, "exists already" in said, (room / "out").read_text()) == (1, True, "mine")


# --- what was asked for is not there, or does not go together: the files' fault, not the command's

UNFIT = [
    (["decode", "v", "9", "0", "0"], "no tile 9/0/0"),
    (["decode", "i", "9/0/0"], "no tile 9/0/0"),
    (["extract", "v", "out", "-Z", "9"], "No tile of the archive"),
    (["extract", "v", "out", "--bbox", "100,10,120,20", "-Z", "1"], "No tile of the archive"),
    (["merge", "out", "v", "i"], "different tile type"),
    (["merge", "out", "i", "t"], "different content: imagery and terrain (terrarium)"),
    (["merge", "out", "t", "m"], "different content: terrain (terrarium) and terrain (mapbox)"),
    (["merge", "out", "i", "shade"], "different content: imagery and imagery, hillshade"),
    (["merge", "out", "i", "big"], "different tile size: 256 and 512"),
    (["merge", "out", "i", "j"], "Tile 0/0/0 differs"),
    (["patch", "w", "d", "out"], "already what the delta leads to"),
    (["patch", "i", "d", "out"], "made for another archive"),
    (["explain", "i"], "of type png"),
    (["explain", "v"], "no explanation beside"),
    (["diff", "i", "damaged", "--pixels"], "cannot be decoded"),
]


@pytest.mark.parametrize(("arguments", "words"), UNFIT, ids=lambda value: " ".join(value) if value[0] != "n" else "")
def test_files_that_do_not_fit_end_with_1(
    room: Path, arguments: list[str], words: str, capsysbinary: pytest.CaptureFixture[bytes]
) -> None:
    (room / "m").write_bytes(terrain(mapbox).bytes())
    (room / "j").write_bytes(imagery("png", {(0, 0, 0): picture(seed=99)}).bytes())
    (room / "shade").write_bytes(imagery("png", metadata={"product": "hillshade"}).bytes())
    big = {tile: picture("png", 512, 512, seed) for seed, tile in enumerate([(0, 0, 0), (1, 0, 0)])}
    (room / "big").write_bytes(imagery("png", big).bytes())
    (room / "damaged").write_bytes(imagery("png", {(1, 0, 0): picture(seed=9)[:-400]}).bytes())
    code, said = ended(capsysbinary, arguments)
    assert (code, words in said) == (1, True), said
    assert not (room / "out").exists()


# --- wrong commands

WRONG = [
    ["nothing"],
    ["show"],
    ["show", "v", "w"],
    ["verify"],
    ["verify", "v", "--threads", "0"],
    ["verify", "t", "--heights", "9"],
    ["verify", "t", "--heights", "9,1"],
    ["verify", "t", "--heights", "nan,1"],
    ["decode", "v", "0", "0"],
    ["decode", "v", "0/0"],
    ["decode", "v", "0/0/x"],
    ["decode", "v", "1", "2", "0"],
    ["decode", "v", "0", "0", "0", "--zoom", "0"],
    ["decode", "v", "--zoom", "32"],
    ["decode", "v", "--layer", "nope"],
    ["decode", "v", "0/0/0", "-o", "out"],
    ["decode", "i"],
    ["decode", "i", "--zoom", "1"],
    ["decode", "i", "0/0/0", "--layer", "a"],
    ["decode", "i", "0/0/0", "-o", "i"],
    ["diff", "v"],
    ["diff", "i", "t", "--layers"],
    ["diff", "v", "w", "--pixels"],
    ["diff", "v", "w", "-o", "v"],
    ["diff", "v", "w", "-o", "w"],
    ["patch", "v", "d"],
    ["patch", "v", "d", "d"],
    ["extract", "v", "v"],
    ["extract", "v", "out", "--layer", "nope"],
    ["extract", "i", "out", "--layer", "a"],
    ["extract", "v", "out", "--bbox", "1,2,3"],
    ["extract", "v", "out", "--bbox", "nan,0,1,1"],
    ["extract", "v", "out", "--bbox", "0,0,inf,1"],
    ["extract", "v", "out", "--bbox", "0,0,1,1", "--polygon", "v"],
    ["extract", "v", "out", "-Z", "3", "-z", "2"],
    ["extract", "v", "out", "-z", "99"],
    ["merge", "out", "v"],
    ["merge", "v", "v", "w"],
    ["merge", "out", "v", "w", "--prefer", "first"],
    ["merge", "out", "i", "i", "--prefer", "middle"],
    ["export", "v"],
    ["export", "v", "v"],
    ["export", "v", "out", "--format", "zip"],
    ["export", "i", "out", "--format", "zxy-gzip"],
    ["explain", "v", "--rule", "nope"],
    ["explain", "v", "--list", "--id", "3"],
    ["explain", "v", "--zoom", "-1"],
]


@pytest.mark.parametrize("arguments", WRONG, ids=" ".join)
def test_wrong_commands_end_with_2(
    room: Path, arguments: list[str], capsysbinary: pytest.CaptureFixture[bytes]
) -> None:
    before = {path: path.read_bytes() for path in room.iterdir()}
    code, said = ended(capsysbinary, arguments)
    assert (code, len(said) > 20) == (2, True), said
    assert {path: path.read_bytes() for path in room.iterdir()} == before


# --- whatever an archive may hold

METADATA = [
    b"null",
    b"[]",
    b"\xff\xfe",
    b"[" * 100_000,
    b'{"a":NaN}',
    b'{"a":[-1e999]}',
    b'{"vector_layers":5,"encoding":5,"sources":{}}',
    b'{"vector_layers":[5,null,{"id":[1]},{"id":"a","fields":[1],"minzoom":"x"}],"tilestats":{"layers":[{"layer":[]}]}}',
    b'{"encoding":null,"type":["terrain"],"tileSize":{"a":1},"sources":[5,{"name":"x"}]}',
    b'{"encoding":"terrarium","tileSize":' + b"9" * 400 + b',"name":["a"],"bounds":{},"center":5,"json":{}}',
]
EVERYTHING = [
    ["show", "?"],
    ["show", "?", "--json"],
    ["verify", "?"],
    ["decode", "?", "0/0/0"],
    ["diff", "?", "v"],
    ["diff", "v", "?", "--json"],
    ["diff", "?", "i", "--pixels"],
    ["diff", "v", "?", "--layers"],
    ["diff", "v", "?", "-o", "out"],
    ["extract", "?", "out"],
    ["extract", "?", "out", "--bbox", "-100,-50,-10,70"],
    ["extract", "?", "out", "--layer", "a"],
    ["merge", "out", "?", "v"],
    ["merge", "out", "i", "?", "--prefer", "last"],
    ["export", "?", "out"],
    ["export", "?", "out", "--format", "mbtiles"],
    ["explain", "?"],
]


def everything(room: Path, capsysbinary: pytest.CaptureFixture[bytes]) -> None:
    """Every verb on the file `bad`: whatever becomes of it, it is said in words, and nothing half-written stays."""
    for arguments in EVERYTHING:
        code, _said = ended(capsysbinary, ["bad" if argument == "?" else argument for argument in arguments])
        assert code in (0, 1, 2)
        out = room / "out"
        if code != 0 and arguments[0] != "diff":
            assert not out.exists(), arguments
        shutil.rmtree(out) if out.is_dir() else out.unlink(missing_ok=True)
        assert [path.name for path in room.iterdir() if path.name.endswith(".part")] == [], arguments


@pytest.mark.parametrize("name", ["v", "i"])
@pytest.mark.parametrize("metadata", METADATA, ids=lambda metadata: metadata[:40].decode("latin-1"))
def test_any_metadata(room: Path, name: str, metadata: bytes, capsysbinary: pytest.CaptureFixture[bytes]) -> None:
    packed = gzip.compress(metadata, mtime=0)
    data = Path(name).read_bytes()
    (room / "bad").write_bytes(lied(name, {24: len(data), 32: len(packed)}) + packed)
    everything(room, capsysbinary)


@pytest.mark.parametrize("name", ["v", "i", "t"])
@pytest.mark.parametrize("seed", range(6))
def test_any_bytes(room: Path, name: str, seed: int, capsysbinary: pytest.CaptureFixture[bytes]) -> None:
    rng = random.Random(f"{name} {seed}")
    data = bytearray(Path(name).read_bytes())
    if seed % 3 == 0:
        for _flip in range(3):
            data[rng.randrange(len(data))] ^= 1 << rng.randrange(8)
    elif seed % 3 == 1:
        at = 8 * rng.randrange(1, 12)
        data[at : at + 8] = struct.pack("<Q", rng.choice([0, 1, len(data), 2**40, 2**63 - 1, 2**63, 2**64 - 1]))
    else:
        del data[rng.randrange(130, len(data)) :]
    (room / "bad").write_bytes(data)
    everything(room, capsysbinary)


@pytest.mark.parametrize("rule", sorted(BROKEN_IMAGES))
def test_any_broken_images(room: Path, rule: str, capsysbinary: pytest.CaptureFixture[bytes]) -> None:
    (room / "bad").write_bytes(BROKEN_IMAGES[rule]().bytes())
    everything(room, capsysbinary)
