"""The script that travels with a release, run as an office runs it: alone, elsewhere, on files that were attacked."""

from __future__ import annotations

import ast
import hashlib
import json
import os
import subprocess
import sys
import unicodedata
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from pipeline.standalone import verify
from pipeline.standalone.verify import check, has_sm3, safe

ARCHIVE = b"PMTiles\x03" + bytes(range(256)) * 4500  # 1.2 MB: more than one block
ARCHIVE_NAME = f"tiles/framework-{hashlib.sha256(ARCHIVE).hexdigest()[:12]}.pmtiles"
FILES = {
    "index.html": b"<!doctype html>",
    "assets/Noto Sans/0-255.pbf": b"\n",
    "tilejson/framework.json": b"{}",
    "data/龙泉.html": "龙泉".encode(),
    ARCHIVE_NAME: ARCHIVE,
    "verify.py": Path(verify.__file__).read_bytes(),
}
BESIDE = {
    "hotlink/tilejson/framework.json": b'{"tiles": []}',
    "metadata/root.json": b"{}",
    "feed.atom": b"<feed/>",
}


def seal(dist: Path, change: Callable[[dict[str, Any]], None] | None = None) -> Path:
    """Write the lists for the files as they are now, as an attacker would who may write everything."""
    lists = ("release.json", "SHA256SUMS", "SM3SUMS", "feed.atom")
    paths = sorted(
        (path.relative_to(dist).as_posix() for path in dist.rglob("*") if path.is_file() and not path.is_symlink()),
        key=str.encode,
    )
    paths = [path for path in paths if path not in lists and not path.startswith(("hotlink/", "metadata/"))]
    sums = {path: hashlib.sha256((dist / path).read_bytes()).hexdigest() for path in paths}
    lines = "".join(f"{digest}  {path}\n" for path, digest in sums.items())
    manifest = {
        "version": 1,
        "release": hashlib.sha256(lines.encode()).hexdigest(),
        "as_of": "2026-11-22",
        "archives": [{"file": path, "sha256": sums[path]} for path in paths if path.endswith(".pmtiles")],
        "files": [{"path": path, "sha256": sums[path], "bytes": (dist / path).stat().st_size} for path in paths],
    }
    if change is not None:
        change(manifest)
    (dist / "release.json").write_text(json.dumps(manifest), "utf-8")
    write_sums(dist, [*paths, "release.json"])
    return dist


def write_sums(dist: Path, paths: list[str]) -> None:
    """SHA256SUMS and SM3SUMS of the files named."""
    for name, algorithm in (("SHA256SUMS", "sha256"), ("SM3SUMS", "sm3")):
        if algorithm == "sha256" or has_sm3():
            lines = [f"{hashlib.new(algorithm, (dist / path).read_bytes()).hexdigest()}  {path}\n" for path in paths]
            (dist / name).write_text("".join(sorted(lines, key=lambda line: line[66:].encode())), "utf-8")


def put(dist: Path, name: str, data: bytes) -> None:
    (dist / name).parent.mkdir(parents=True, exist_ok=True)
    (dist / name).write_bytes(data)


@pytest.fixture
def dist(tmp_path: Path) -> Path:
    for name, data in {**FILES, **BESIDE}.items():
        put(tmp_path / "dist", name, data)
    return seal(tmp_path / "dist")


def fingerprint(dist: Path) -> str:
    return hashlib.sha256((dist / "SHA256SUMS").read_bytes()).hexdigest()


def run(dist: Path, *options: str, script: Path | None = None) -> tuple[int, str]:
    """The script alone: no site-packages, no environment, nothing of ours, in another folder."""
    elsewhere = dist.parent / "elsewhere"
    elsewhere.mkdir(exist_ok=True)
    command = [sys.executable, "-I", "-S", os.fspath(script or verify.__file__), *options]
    done = subprocess.run(command, cwd=elsewhere, capture_output=True, check=False)
    assert done.stderr == b"" or done.returncode == 2
    return done.returncode, done.stdout.decode() + done.stderr.decode()


def kinds(dist: Path, **options: Any) -> set[tuple[str, str]]:
    return {(fault.kind, fault.path) for fault in check(str(dist), **options).faults}


# Whole ---------------------------------------------------------------------------------------------------------------


def test_it_needs_nothing_but_an_old_python() -> None:
    tree = ast.parse(Path(verify.__file__).read_text("utf-8"), feature_version=(3, 8))
    imported = {alias.name for node in ast.walk(tree) if isinstance(node, ast.Import) for alias in node.names}
    imported |= {str(node.module) for node in ast.walk(tree) if isinstance(node, ast.ImportFrom)}
    assert {name.split(".")[0] for name in imported} <= set(sys.stdlib_module_names)
    called = {node.func.attr for node in ast.walk(tree) if isinstance(node, ast.Call) and hasattr(node.func, "attr")}
    assert not called & {"removeprefix", "removesuffix", "file_digest", "is_relative_to"}  # of Python 3.9 and 3.11


def test_a_whole_release_in_chinese_from_its_own_copy(dist: Path) -> None:
    code, out = run(dist, script=dist / "verify.py")
    assert code == 0
    assert json.loads((dist / "release.json").read_text())["release"] in out
    assert fingerprint(dist) in out and "certutil -hashfile SHA256SUMS SHA256" in out
    assert "文件完整" in out and "印刷页" in out and "hotlink/  1 个派生文件" in out


def test_in_english_of_a_folder_that_is_named(dist: Path) -> None:
    code, out = run(dist, str(dist), "--lang", "en")
    assert code == 0 and "Whole, and as the lists say." in out and "文件" not in out
    sizes = [path.stat().st_size for path in dist.rglob("*") if path.is_file()]
    beside = sum(map(len, BESIDE.values())) + sum((dist / n).stat().st_size for n in ("SHA256SUMS", "SM3SUMS"))
    assert f"{len(FILES) + 1} files, {sum(sizes) - beside:,} bytes" in out


@pytest.mark.parametrize("options", [("--lang", "fr"), ("--fingerprint", "12"), ("a", "b")])
def test_wrong_usage(dist: Path, options: tuple[str, ...]) -> None:
    assert run(dist, *options)[0] == 2


def test_no_folder_and_no_release(dist: Path, tmp_path: Path) -> None:
    assert kinds(tmp_path / "none") == {("no-folder", str(tmp_path / "none"))}
    assert run(dist, str(tmp_path / "none"))[0] == 1
    (tmp_path / "empty").mkdir()
    assert kinds(tmp_path / "empty") == {("list-missing", "SHA256SUMS")}


def test_the_fingerprint_as_people_type_it(dist: Path) -> None:
    typed = " ".join(fingerprint(dist)[i : i + 4] for i in range(0, 64, 4)).upper()
    assert run(dist, str(dist), "--fingerprint", typed)[0] == 0
    code, out = run(dist, str(dist), "--fingerprint", "0" * 64)
    assert code == 1 and "指纹与印刷页不符" in out


# Attacks -------------------------------------------------------------------------------------------------------------


def test_a_file_that_was_exchanged(dist: Path) -> None:
    (dist / "index.html").write_bytes(b"<!doctype HTML>")
    assert kinds(dist) >= {("altered", "index.html")}
    code, out = run(dist, str(dist), "--lang", "en")
    assert code == 1 and "fault index.html: it was altered" in out and "Do not use" in out


@pytest.mark.parametrize("place", [0, 1 << 20, len(ARCHIVE) - 1])
def test_one_bit_that_was_flipped(dist: Path, place: int) -> None:
    data = bytearray(ARCHIVE)
    data[place] ^= 1
    (dist / ARCHIVE_NAME).write_bytes(data)
    expected = {("altered", ARCHIVE_NAME)} | ({("sm3", ARCHIVE_NAME)} if has_sm3() else set())
    assert kinds(dist) == expected


def test_a_file_that_is_missing(dist: Path) -> None:
    (dist / "assets/Noto Sans/0-255.pbf").unlink()
    assert kinds(dist) == {("missing", "assets/Noto Sans/0-255.pbf")}


@pytest.mark.parametrize(
    "name", ["more.html", ".hidden/x", "tiles/more.pmtiles", "metadata/a/b.json", "metadata/x.exe"]
)
def test_a_file_too_many(dist: Path, name: str) -> None:
    put(dist, name, b"x")
    assert kinds(dist) == {("extra", name)}


def test_hotlink_holds_nothing_that_the_release_has_not(dist: Path) -> None:
    put(dist, "hotlink/login.html", b"x")
    assert kinds(dist) == {("hotlink-alone", "hotlink/login.html")}


def test_a_file_that_does_not_end_is_not_read(dist: Path) -> None:
    with (dist / "index.html").open("r+b") as file:
        file.truncate(1 << 40)  # 1 TB of nothing
    assert kinds(dist) == {("size", "index.html")}


def test_a_truncated_archive_with_adjusted_sums(dist: Path) -> None:
    printed = fingerprint(dist)
    (dist / ARCHIVE_NAME).write_bytes(ARCHIVE[:-1])
    seal(dist)
    assert kinds(dist) == {("archive-name", ARCHIVE_NAME)}
    digest = hashlib.sha256(ARCHIVE[:-1]).hexdigest()
    (dist / ARCHIVE_NAME).rename(dist / f"tiles/framework-{digest[:12]}.pmtiles")
    seal(dist)
    assert kinds(dist) == set()  # nothing here can tell but the printed sheet
    assert kinds(dist, fingerprint=printed) == {("fingerprint", "SHA256SUMS")}


def test_release_json_edited_with_adjusted_sums(dist: Path) -> None:
    printed = fingerprint(dist)
    seal(dist, lambda manifest: manifest["files"][0].update(sha256="0" * 64))
    assert ("hashes-differ", "assets/Noto Sans/0-255.pbf") in kinds(dist)
    seal(dist, lambda manifest: manifest["files"].pop(0))
    assert kinds(dist) == {("lists-differ", "assets/Noto Sans/0-255.pbf")}
    seal(dist, lambda manifest: manifest["archives"].clear())
    assert kinds(dist) == {("archive-unlisted", ARCHIVE_NAME)}
    seal(dist, lambda manifest: manifest["archives"][0].update(sha256="0" * 64))
    assert kinds(dist) == {("archive-unlisted", ARCHIVE_NAME)}
    seal(dist, lambda manifest: manifest.update(as_of="2031-01-01"))
    assert kinds(dist, fingerprint=printed) == {("fingerprint", "SHA256SUMS")}


def test_release_json_edited_alone(dist: Path) -> None:
    text = (dist / "release.json").read_text("utf-8").replace("2026-11-22", "2031-01-01")
    (dist / "release.json").write_text(text, "utf-8")
    assert ("altered", "release.json") in kinds(dist)


@pytest.mark.parametrize(
    "text", ["[]", "{", "\xff", "null", '{"files": 1}', '{"release": 1, "files": []}', "[" * 100_000, '{"a":1,"a":2}']
)
def test_a_release_json_that_is_none(dist: Path, text: str) -> None:
    (dist / "release.json").write_bytes(text.encode("latin-1"))
    write_sums(dist, [*FILES, "release.json"])
    assert kinds(dist) == {("list-unreadable", "release.json")}


def test_a_key_that_other_readers_may_take_another_value_of(dist: Path) -> None:
    text = (dist / "release.json").read_text("utf-8")
    (dist / "release.json").write_text('{"as_of": "2031-01-01", ' + text[1:], "utf-8")
    write_sums(dist, [*FILES, "release.json"])
    assert kinds(dist) == {("list-unreadable", "release.json")}


def test_a_release_id_that_is_another(dist: Path) -> None:
    seal(dist, lambda manifest: manifest.update(release="0" * 64))
    assert kinds(dist) == {("wrong-id", "release.json")}
    assert run(dist, str(dist))[0] == 1


def test_the_release_id_is_the_hash_of_the_sorted_lines(dist: Path) -> None:
    lines = [f"{hashlib.sha256(data).hexdigest()}  {name}\n" for name, data in FILES.items()]
    lines.sort(key=lambda line: line[66:].encode())
    assert check(str(dist)).release == hashlib.sha256("".join(lines).encode()).hexdigest()


@pytest.mark.skipif(os.name == "nt", reason="links need rights there")
def test_symbolic_links_are_refused_and_not_followed(dist: Path, tmp_path: Path) -> None:
    (tmp_path / "same").write_bytes(FILES["index.html"])
    (dist / "index.html").unlink()
    (dist / "index.html").symlink_to(tmp_path / "same")  # the content would be right
    (dist / "more").symlink_to(tmp_path, target_is_directory=True)
    assert kinds(dist) == {("link", "index.html"), ("missing", "index.html"), ("link", "more")}


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="there are no pipes")
def test_a_pipe_is_no_file(dist: Path) -> None:
    os.mkfifo(dist / "pipe")
    assert kinds(dist) == {("no-file", "pipe")}


@pytest.mark.parametrize(
    "path",
    ["../secret", "a/../../secret", "/etc/passwd", "C:/x", "a\\b", "a//b", "./a", "a/", "a.", "b ", "CON", "x/nul.txt",
     "a:stream", "a\x1fb", "what?"],
)  # fmt: skip
def test_a_path_that_leads_out(dist: Path, tmp_path: Path, path: str) -> None:
    (tmp_path / "secret").write_bytes(b"secret")
    assert not safe(path)
    with (dist / "SHA256SUMS").open("ab") as file:
        file.write(f"{hashlib.sha256(b'secret').hexdigest()}  {path}\n".encode())
    assert kinds(dist) == {("path-escape", path)}


def test_a_path_that_leads_out_in_release_json(dist: Path) -> None:
    extra = {"path": "../secret", "sha256": "0" * 64, "bytes": 6}
    seal(dist, lambda manifest: manifest["files"].append(extra))
    assert kinds(dist) == {("path-escape", "../secret")}


@pytest.mark.parametrize("path", ["hotlink/x.json", "SM3SUMS", "metadata/x.json", "feed.atom"])
def test_what_stands_beside_may_not_be_listed(dist: Path, path: str) -> None:
    with (dist / "SHA256SUMS").open("a", encoding="utf-8") as file:
        file.write(f"{'0' * 64}  {path}\n")
    assert ("not-listable", path) in kinds(dist)


@pytest.mark.parametrize(
    ("name", "first"),
    [("INDEX.html", "index.html"), ("Assets/x", "assets"), (unicodedata.normalize("NFD", "data/é"), "data/é")],
)
def test_names_that_windows_takes_for_one(dist: Path, name: str, first: str) -> None:
    put(dist, name, b"x")
    if first == "data/é":
        put(dist, first, b"y")
    seal(dist)
    found = kinds(dist)
    assert {kind for kind, _path in found} == {"case-clash"} and len(found) == 1


@pytest.mark.parametrize(
    ("lines", "fault"),
    [
        (b"x\n", ("sums-line", "SHA256SUMS")),
        (b"0" * 64 + b" *index.html\n", ("sums-line", "SHA256SUMS")),
        (b"0" * 64 + b"  index.html\n", ("listed-twice", "index.html")),
        (b"0" * 64 + b"  more", ("sums-line", "SHA256SUMS")),
        (b"\xff\n", ("list-unreadable", "SHA256SUMS")),
    ],
)
def test_lines_that_are_none(dist: Path, lines: bytes, fault: tuple[str, str]) -> None:
    with (dist / "SHA256SUMS").open("ab") as file:
        file.write(lines)
    assert fault in kinds(dist)


@pytest.mark.skipif(not has_sm3(), reason="this OpenSSL has no SM3")
def test_sm3_sums_that_are_others(dist: Path) -> None:
    assert check(str(dist)).sm3 == "checked"
    text = (dist / "SM3SUMS").read_text("utf-8")
    (dist / "SM3SUMS").write_text("0" * 64 + text[64:], "utf-8")
    assert kinds(dist) == {("sm3", text[66:].split("\n")[0])}
    (dist / "SM3SUMS").write_text(text.split("\n", 1)[1], "utf-8")
    assert kinds(dist) == {("lists-differ", text[66:].split("\n")[0])}
    (dist / "SM3SUMS").unlink()
    assert kinds(dist) == set() and check(str(dist)).sm3 == "absent"


def test_without_sm3_it_says_so(dist: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (dist / "SM3SUMS").write_bytes((dist / "SHA256SUMS").read_bytes())  # as long, and wrong
    monkeypatch.setattr(verify, "has_sm3", lambda: False)
    result = check(str(dist))
    assert (result.sm3, result.faults) == ("unavailable", ())
    assert any("not checked: this Python has no SM3" in line for line in verify.page(result, str(dist), "en"))


def test_every_fault_is_told_in_both_languages() -> None:
    for kind, (chinese, english) in verify.TEXTS.items():
        assert not chinese.isascii() and english.isascii(), kind
        for place in ("{0}", "{1}"):
            assert (place in chinese) == (place in english), kind


def test_many_faults_are_counted(dist: Path) -> None:
    for number in range(verify.FAULTS_SHOWN + 7):
        put(dist, f"more/{number}", b"")
    code, out = run(dist, str(dist), "--lang", "en")
    assert code == 1 and "and 7 more faults" in out and f"Refused: {verify.FAULTS_SHOWN + 7} faults" in out


# Files of earlier releases, which a server keeps for pages that are open ----------------------------------------------

OLD = b"PMTiles\x03 of the last release"
OLD_NAME = f"tiles/framework-{hashlib.sha256(OLD).hexdigest()[:12]}.pmtiles"


def earlier(dist: Path, files: dict[str, bytes], id: str | None = None) -> str:
    """Keep the list of an earlier release; returns its name."""
    listed = [{"path": p, "sha256": hashlib.sha256(d).hexdigest(), "bytes": len(d)} for p, d in files.items()]
    lines = "".join(
        f"{each['sha256']}  {each['path']}\n" for each in sorted(listed, key=lambda e: str(e["path"]).encode())
    )
    release = hashlib.sha256(lines.encode()).hexdigest()
    name = f"metadata/release-{(id or release)[:12]}.json"
    put(dist, name, json.dumps({"release": release, "files": listed}).encode())
    return name


def test_files_of_earlier_releases_are_no_fault(dist: Path) -> None:
    earlier(dist, {"index.html": b"<p>old", OLD_NAME: OLD, "tiles/gone.pmtiles": b"x"})
    put(dist, OLD_NAME, OLD)
    result = check(str(dist))
    assert (result.faults, result.earlier) == ((), {OLD_NAME: hashlib.sha256(OLD).hexdigest()})
    assert OLD_NAME not in result.sums and result.release == check(str(dist)).release


def test_an_earlier_file_of_several_releases(dist: Path) -> None:
    for old in (b"aa", b"bb"):
        earlier(dist, {"data/gone.html": old})
    for now, kinds in ((b"aa", []), (b"bb", []), (b"cc", ["altered"]), (b"a", ["size"])):
        put(dist, "data/gone.html", now)
        assert [fault.kind for fault in check(str(dist)).faults] == kinds


@pytest.mark.parametrize(("data", "kind"), [(OLD[:-1] + b"?", "altered"), (OLD + b"more", "size")])
def test_an_earlier_file_that_was_altered(dist: Path, data: bytes, kind: str) -> None:
    earlier(dist, {OLD_NAME: OLD})
    put(dist, OLD_NAME, data)
    assert [(fault.kind, fault.path) for fault in check(str(dist)).faults] == [(kind, OLD_NAME)]


def test_a_file_that_no_release_has(dist: Path) -> None:
    earlier(dist, {OLD_NAME: OLD})
    put(dist, "tiles/evil.pmtiles", OLD)
    assert [(fault.kind, fault.path) for fault in check(str(dist)).faults] == [("extra", "tiles/evil.pmtiles")]


def test_what_changed_between_releases_may_lie_beside_them_and_nothing_else(dist: Path) -> None:
    step = "deltas/0123456789ab-ba9876543210"
    for name in ("deltas/index.json", f"{step}/delta.json", f"{step}/parts/00001.lqdelta"):
        put(dist, name, b"{}")
    assert check(str(dist)).faults == ()
    strange = ["deltas/index.html", f"{step}/parts/1.html", f"{step}x/delta.json", "deltas/delta.json"]
    for name in strange:
        put(dist, name, b"{}")
    assert {(fault.kind, fault.path) for fault in check(str(dist)).faults} == {("extra", name) for name in strange}


def test_the_list_of_an_earlier_release_that_is_another(dist: Path) -> None:
    name = earlier(dist, {OLD_NAME: OLD, "evil.html": b"<script>"}, id="0" * 64)
    put(dist, "evil.html", b"<script>")
    assert {(fault.kind, fault.path) for fault in check(str(dist)).faults} == {
        ("wrong-list", name), ("extra", "evil.html")
    }  # fmt: skip


@pytest.mark.parametrize("data", [b"", b"[]", b'{"files": [1]}', b'{"files": [{"path": 1, "sha256": "", "bytes": 0}]}'])
def test_the_list_of_an_earlier_release_that_is_none(dist: Path, data: bytes) -> None:
    put(dist, "metadata/release-0123456789ab.json", data)
    assert [fault.kind for fault in check(str(dist)).faults] == ["wrong-list"]


def test_an_earlier_list_changes_nothing_of_this_release(dist: Path) -> None:
    earlier(dist, {"index.html": b"<p>evil"})
    put(dist, "index.html", b"<p>evil")
    assert "index.html" in {fault.path for fault in check(str(dist)).faults}
