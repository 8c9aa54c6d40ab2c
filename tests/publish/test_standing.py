"""What was taken back stays so when the next release goes out: the newest order is carried on, leaks are refused."""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from pipeline.cli import main
from pipeline.release.trust.keys import write_private
from pipeline.release.trust.signing import append_signature
from pipeline.release.withdrawal import entries_for, new_order
from tests.publish.bureau import new_bureau, write_signed
from tests.release.trust.bureau import Bureau

TOMBSTONE = "metadata/withdrawn.json"
SECRET = {"downloads/pipes-0123456789.gpkg": b"where the pipes lie", "coverage/pipes.json": b"{}"}


@pytest.fixture
def bureau() -> Bureau:
    return new_bureau()


@pytest.fixture
def dist(bureau: Bureau, tmp_path: Path) -> Path:
    return write_signed(bureau, tmp_path / "dist-1", 1, extra=SECRET)


@pytest.fixture
def www(tmp_path: Path) -> Path:
    return tmp_path / "www"


def run(*arguments: object) -> int:
    return main(["publish", *map(str, arguments), "--lang", "en"])


def order_of(
    bureau: Bureau, dist: Path, file: Path, what: str = next(iter(SECRET)), before: Path | None = None, why: str = "r"
) -> Path:
    """An order that an office signed."""
    entries = entries_for(what, [(dist / "release.json").read_bytes()], reason=why, date="2026-11-23")
    past = None if before is None else before.read_bytes()
    expires = datetime.now(UTC) + timedelta(days=900)
    order = new_order(entries, past, city=bureau.city, edition="public", expires=expires)
    targets = next((dist / "metadata").glob("*.targets.json")).read_bytes()
    file.write_bytes(append_signature(order, bureau.key("survey"), "survey", bureau.roots[-1], targets=targets))
    return file


def test_an_order_is_not_published_over(
    bureau: Bureau, dist: Path, www: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    untouched = tmp_path / "copy"
    shutil.copytree(dist, untouched)
    assert run(dist, www, "--apply") == 0
    order = order_of(bureau, dist, tmp_path / "order.json")
    assert run(dist, www, "--withdraw-order", order, "--apply") == 0
    leaked = www / next(iter(SECRET))
    assert not leaked.exists() and not (dist / next(iter(SECRET))).exists()
    # A copy of the release that knows nothing of the order would put the leak back.
    capsys.readouterr()
    assert run(untouched, www, "--apply") == 3
    assert "this file was withdrawn: 2026-11-23 r" in capsys.readouterr().err and not leaked.exists()
    # The next release, signed elsewhere, knows nothing of it either: the order stays.
    second = write_signed(bureau, tmp_path / "dist-2", 2, previous=untouched)
    assert not (second / TOMBSTONE).exists()
    assert run(second, www, "--apply") == 0
    assert (www / TOMBSTONE).read_bytes() == order.read_bytes()
    # One that has it again does not go out.
    third = write_signed(bureau, tmp_path / "dist-3", 3, previous=second, extra=SECRET)
    assert run(third, www, "--apply") == 3 and not leaked.exists()


def test_an_older_order_does_not_go_over_a_newer_one(bureau: Bureau, dist: Path, www: Path, tmp_path: Path) -> None:
    assert run(dist, www, "--apply") == 0
    first = order_of(bureau, dist, tmp_path / "1.json")
    assert run(dist, www, "--withdraw-order", first, "--apply") == 0
    second = order_of(bureau, dist, tmp_path / "2.json", "coverage/pipes.json", first)
    assert run(dist, www, "--withdraw-order", second, "--apply") == 0
    later = write_signed(bureau, tmp_path / "dist-2", 2, previous=dist)
    (later / TOMBSTONE).write_bytes(first.read_bytes())
    assert run(later, www, "--apply") == 0
    assert (www / TOMBSTONE).read_bytes() == second.read_bytes()


def test_two_orders_side_by_side(
    bureau: Bureau, dist: Path, www: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run(dist, www, "--apply") == 0
    there = order_of(bureau, dist, tmp_path / "1.json")
    later = write_signed(bureau, tmp_path / "dist-2", 2, previous=dist)
    assert run(dist, www, "--withdraw-order", there, "--apply") == 0
    # Of the same number; of a later one that leaves out what the first names; and one that only says it otherwise.
    other = order_of(bureau, dist, tmp_path / "2.json", "coverage/pipes.json")
    longer = order_of(bureau, dist, tmp_path / "3.json", "data/roads.html", other)
    otherwise = order_of(bureau, dist, tmp_path / "4.json", why="another reason")
    for order in (other, longer, otherwise):
        (later / TOMBSTONE).write_bytes(order.read_bytes())
        capsys.readouterr()
        assert run(later, www, "--apply") == 3
        assert "side by side" in capsys.readouterr().err
        assert (www / TOMBSTONE).read_bytes() == there.read_bytes()


def test_a_target_that_still_has_it(
    bureau: Bureau, dist: Path, www: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """An order that was carried out at another target comes along with the next release."""
    assert run(dist, www, "--apply") == 0
    order = order_of(bureau, dist, tmp_path / "order.json")
    later = write_signed(bureau, tmp_path / "dist-2", 2, previous=dist)
    (later / TOMBSTONE).write_bytes(order.read_bytes())
    capsys.readouterr()
    assert run(later, www, "--apply") == 3
    assert "still gives away 1 file that was withdrawn" in capsys.readouterr().err
    assert run(later, www, "--withdraw-order", order, "--apply") == 0
    assert run(later, www, "--apply") == 0
    assert not (www / next(iter(SECRET))).exists()


@pytest.mark.parametrize("signed", [True, False])
def test_without_what_was_withdrawn_it_is_still_the_newest(
    signed: bool,
    bureau: Bureau,
    dist: Path,
    www: Path,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    private = bureau.key("publish")._private_key  # type: ignore[attr-defined]
    write_private(tmp_path / "publish.pem", private, "a long passphrase of the bureau")
    monkeypatch.setenv("LONGQUAN_PASSPHRASE", "a long passphrase of the bureau")
    refresh = ("--refresh", "--key", tmp_path / "publish.pem", "--apply")
    assert run(dist, www, "--apply") == 0
    order = order_of(bureau, dist, tmp_path / "order.json")
    if signed:
        assert run(dist, www, "--withdraw-order", order, "--apply") == 0
    else:  # whoever takes a file away and writes an order of his own
        (dist / next(iter(SECRET))).unlink()
        document = json.loads(order.read_bytes())
        document["signatures"][0]["sig"] = "00" * 64
        (dist / TOMBSTONE).write_text(json.dumps(document))
        assert run(dist, www, *refresh) == 3 and (www / next(iter(SECRET))).exists()
        (dist / TOMBSTONE).unlink()
        assert run(dist, www, *refresh) == 1
        return
    capsys.readouterr()
    assert run(dist, www, *refresh) == 0
    assert "The timestamp was renewed and holds until 2" in capsys.readouterr().out
    # From here on nobody can keep the order back: the snapshot names it. It goes to other targets without the leak.
    snapshot = json.loads((www / "metadata/2.snapshot.json").read_bytes())
    assert snapshot["signed"]["meta"]["withdrawals.json"]["version"] == 1
    assert run(dist, tmp_path / "mirror", "--apply") == 0
    assert not (tmp_path / "mirror" / next(iter(SECRET))).exists()
    assert (tmp_path / "mirror" / TOMBSTONE).read_bytes() == order.read_bytes()
    capsys.readouterr()
    assert main(["verify", str(tmp_path / "mirror"), "--structure-only", "--lang", "en"]) in (0, 1)
    assert "pipes" not in capsys.readouterr().out


def test_whom_the_target_trusts_from_now_on(
    bureau: Bureau, dist: Path, www: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    import hashlib

    fingerprint = hashlib.sha256(bureau.roots[0]).hexdigest()
    root = tmp_path / "root.json"
    root.write_bytes(bureau.roots[0])
    told: Callable[[], str] = lambda: capsys.readouterr().out  # noqa: E731
    assert run(dist, www) == 0 and f"  {fingerprint}\n" in told()
    assert run(dist, www, "--root", root) == 0 and fingerprint not in told()
    assert run(dist, www, "--apply") == 0 and f"trusted from now on:\n  {fingerprint}\n" in told()
    assert run(dist, www, "--apply") == 0 and fingerprint not in told()
