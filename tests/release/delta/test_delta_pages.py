"""Pages that carry files of their own release cost a delta no more than their shells."""

from __future__ import annotations

import base64
import random
from html import escape
from pathlib import Path

import pytest

from pipeline.portal.offline_page import embedded_files
from pipeline.release.delta import apply_delta, check_delta, make_delta
from pipeline.release.delta.pages import filled, shell_of
from tests.release.delta.releases import contents, sha, write_release

NOISE = random.Random(4).randbytes(40_000)


def page(shell: str, files: dict[str, bytes]) -> bytes:
    """As portal.offline_page writes it."""
    parts = [f"<html>{shell}\n"]
    for path, data in sorted(files.items()):
        start = f'<script type="application/octet-stream" data-path="{escape(path)}">'
        parts.append(f"{start}{base64.b64encode(data).decode()}</script>\n")
    return "".join([*parts, f"</html>{shell}"]).encode()


def release(folder: Path, shell: str, files: dict[str, bytes], **more: bytes) -> Path:
    named = {path.replace("#", sha(data)[:12]): data for path, data in files.items()}
    extra = {name.replace("_", "."): data for name, data in more.items()}
    return write_release(folder, {**named, "offline.html": page(shell, named), **extra})


def files(number: int, data: bytes) -> dict[str, bytes]:
    return {"tiles/city-#.bin": data, "search/a&b.json": b"%d" % number, "empty.txt": b""}


def test_only_the_shell_is_told(tmp_path: Path) -> None:
    old = release(tmp_path / "old", "old shell", files(1, NOISE))
    new = release(tmp_path / "new", "new shell", files(2, NOISE[:20_000] + b"!" + NOISE[20_001:]))
    facts = make_delta(old, new, tmp_path / "delta")
    (step,) = [step for step in facts.listing.files if step.path == "offline.html"]
    assert step.part is not None and step.part.bytes < 300
    assert step.filling is not None and len(step.filling.files) == 3
    apply_delta(old, tmp_path / "delta", tmp_path / "out")
    assert contents(tmp_path / "out") == contents(new)
    assert check_delta(tmp_path / "delta", new, old=old).clean


def test_a_page_that_is_new(tmp_path: Path) -> None:
    old = write_release(tmp_path / "old", {"a.txt": b"a"})
    new = release(tmp_path / "new", "shell", files(2, NOISE))
    make_delta(old, new, tmp_path / "delta")
    apply_delta(old, tmp_path / "delta", tmp_path / "out")
    assert contents(tmp_path / "out") == contents(new)


@pytest.mark.parametrize("harm", ["another", "missing", "spaced"])
def test_a_page_that_holds_other_files_is_any_other_file(tmp_path: Path, harm: str) -> None:
    inside = {"a.txt": b"inside " * 9}
    text = page("shell", inside)
    if harm == "spaced":
        text = text.replace(b"</script>", b"\n</script>")
    outside = {} if harm == "missing" else {"a.txt": b"outside" if harm == "another" else inside["a.txt"]}
    old = release(tmp_path / "old", "old shell", {"b.txt": b"b"})
    new = write_release(tmp_path / "new", {**outside, "offline.html": text})
    facts = make_delta(old, new, tmp_path / "delta")
    (step,) = [step for step in facts.listing.files if step.path == "offline.html"]
    assert step.filling is None
    apply_delta(old, tmp_path / "delta", tmp_path / "out")
    assert contents(tmp_path / "out") == contents(new)


def test_a_page_of_pages(tmp_path: Path) -> None:
    """What looks like a file and is none: taken apart and put together again all the same, or not at all."""
    inner = page("inner", {"b.txt": b"b"})
    new = write_release(tmp_path / "new", {"b.txt": b"b", "offline.html": inner + inner})
    old = release(tmp_path / "old", "old shell", {"b.txt": b"b"})
    make_delta(old, new, tmp_path / "delta")
    apply_delta(old, tmp_path / "delta", tmp_path / "out")
    assert contents(tmp_path / "out") == contents(new)


def test_apart_and_together(tmp_path: Path) -> None:
    named = {"a/b.bin": NOISE * 30, "c.txt": b"", "d": b"1"}
    new = write_release(tmp_path / "new", {**named, "offline.html": page("shell", named)})
    shell = shell_of(new / "offline.html")
    assert shell.data == page("shell", dict.fromkeys(named, b""))
    assert [fill.path for fill in shell.fills] == ["a/b.bin", "c.txt", "d"]
    assert b"".join(filled(shell.data, shell.fills, new)) == (new / "offline.html").read_bytes()
    inside = (new / "offline.html").read_text().partition("shell\n")[2].rpartition("</html>")[0]
    assert dict(embedded_files(inside)) == named, "as the page's own reader reads it"
