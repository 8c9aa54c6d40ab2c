"""What `longquan verify DIR` makes of signatures: from which root, since what was seen, with earlier files beside."""

from __future__ import annotations

import hashlib
import json
import shutil
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from pipeline.cli import main
from pipeline.release.signatures import Reader
from pipeline.release.trust.root import fingerprint_of
from pipeline.release.trust.signing import refresh_timestamp, write_metadata
from pipeline.release.trust.source import FolderSource
from pipeline.release.trust.targets import Target, new_delegated
from pipeline.release.verify_folder import Verified, verify_folder
from tests.audit.planting import reseal
from tests.release.signed_town import built_later, copied, released
from tests.release.trust.bureau import NOW, YEAR, Bureau
from tests.releases import manifest_of

DAY = timedelta(days=1)


def verified(folder: Path, bureau: Bureau | None = None, **how: Any) -> Verified:
    known = {"now": NOW, "root": bureau.roots[0] if bureau else None, **how}
    return verify_folder(folder, structure_only=True, reader=Reader(**known))


def kinds(found: Verified) -> list[tuple[str, str]]:
    return [fault[:2] for fault in found.faults]


def test_from_a_root_of_ones_own(town: Path, bureau: Bureau) -> None:
    done = released(town, bureau)
    found = verified(done.dist, bureau)
    assert found.accepted and found.warnings == () and found.signatures is not None
    told = found.as_json()["signatures"]
    assert (told["signed"], told["anchor"], told["city"], told["edition"]) == (True, "given", "331181", "public")
    assert [each["role"] for each in told["signed_by"]] == ["root", "root", "survey", "secrecy", "publish"]
    assert verified(done.folder, bureau).accepted  # as it is kept


def test_from_the_fingerprint_of_the_printed_sheet(town: Path, bureau: Bureau) -> None:
    dist = released(town, bureau).dist
    found = verified(dist, root_fingerprint=fingerprint_of(bureau.roots[0]))
    assert found.accepted and found.warnings == () and found.as_json()["signatures"]["anchor"] == "fingerprint"
    assert kinds(verified(dist, root_fingerprint="0" * 64)) == [("wrong-root", "root.json")]


def test_without_a_root_it_says_so(town: Path, bureau: Bureau) -> None:
    found = verified(released(town, bureau).dist)
    assert found.accepted and any("only against the root that came along" in text for text in found.warnings)
    assert found.as_json()["signatures"]["root_fingerprint"] == fingerprint_of(bureau.roots[-1])


def test_another_citys_root(town: Path, bureau: Bureau) -> None:
    found = verified(released(town, bureau).dist, Bureau().found())
    assert not found.accepted and kinds(found)[0][0] in ("wrong-root", "wrong-key")


def test_what_nobody_has_signed(town: Path, bureau: Bureau) -> None:
    dist = town / "dist/public"
    found = verified(dist)
    assert found.accepted and found.warnings == ("nobody has signed it",)
    assert kinds(verified(dist, bureau)) == [("unsigned", "metadata")]


def test_lists_that_were_all_rewritten(town: Path, bureau: Bureau) -> None:
    dist = released(town, bureau).dist
    (dist / "index.html").write_bytes(b"<script>evil()</script>")
    for name in ("SM3SUMS", "feed.atom"):
        (dist / name).unlink(missing_ok=True)
    reseal(dist)
    assert verify_folder(dist, structure_only=True).faults == ()  # hashes alone are content
    ((attack, path),) = kinds(verified(dist, bureau))
    assert attack in ("arbitrary-file", "endless-data") and path == "release.json"  # by its length


def test_the_release_before_this_one_is_not_accepted_again(town: Path, bureau: Bureau, later: Path) -> None:
    first = released(town, bureau)
    old = copied(first.dist, town.parent / "old")
    built_later(town, later)
    second = released(town, bureau)
    found = verified(second.dist, bureau)
    assert found.signatures is not None and found.signatures.trusted is not None
    seen = found.signatures.trusted.seen
    assert verified(old, bureau).accepted  # to whoever has seen nothing
    assert [kind for kind, _path in kinds(verified(old, bureau, seen=seen))] == ["rollback"]
    assert verified(second.dist, bureau, seen=seen).accepted


def test_what_has_expired_is_told_of_a_folder(town: Path, bureau: Bureau) -> None:
    dist = released(town, bureau).dist
    found = verified(dist, bureau, now=NOW + 60 * DAY)
    assert found.accepted and any(text.startswith("timestamp.json expired") for text in found.warnings)
    assert [kind for kind, _path in kinds(verified(dist, bureau, now=NOW + 60 * DAY, online=True))] == ["freeze"]


# Files of earlier releases at a target ------------------------------------------------------------------------------


def with_earlier(town: Path, bureau: Bureau, later: Path) -> tuple[Path, str]:
    """The second release as a target has it: with an archive of the first, and its list; the archive's path."""
    first = released(town, bureau)
    before = copied(first.dist, town.parent / "first")
    built_later(town, later)
    dist = released(town, bureau).dist
    new = {entry["path"] for entry in manifest_of(dist)["files"]}
    (gone, *_more) = [entry["path"] for entry in manifest_of(before)["files"] if entry["path"] not in new]
    shutil.copy(before / gone, dist / gone)
    shutil.copy(before / "release.json", dist / "metadata" / f"release-{first.release[:12]}.json")
    return dist, gone


def test_files_of_the_release_before_it(town: Path, bureau: Bureau, later: Path) -> None:
    dist, gone = with_earlier(town, bureau, later)
    found = verified(dist, bureau)
    assert found.accepted and list(found.result.earlier) == [gone] and found.warnings == ()
    (dist / gone).write_bytes(b"PMTiles\x03 altered")
    assert [path for _kind, path in kinds(verified(dist, bureau))] == [gone]


def test_an_earlier_release_to_which_no_signature_leads(town: Path, bureau: Bureau, later: Path) -> None:
    dist, _gone = with_earlier(town, bureau, later)
    (listed,) = (dist / "metadata").glob("release-*.json")
    manifest = json.loads(listed.read_bytes())
    manifest["allowed"] = {}  # its id follows from its files all the same
    listed.write_text(json.dumps(manifest), "utf-8")
    found = verified(dist, bureau)
    id = manifest["release"][:12]
    assert found.accepted
    assert found.warnings == (f"files of the earlier release {id} are there, and no signature leads to it",)


# Withdrawal ---------------------------------------------------------------------------------------------------------


def withdraw(dist: Path, bureau: Bureau, path: str) -> None:
    """An office takes a file back, and the publisher lets everybody know."""
    data = (dist / path).read_bytes()
    digest = hashlib.sha256(data).hexdigest()
    custom = {"kind": "archive", "path": path, "release": None, "reason": "leak", "date": "2026-11-23"}
    target = Target(len(data), digest, custom)
    order = new_delegated(
        "withdrawals", "331181", "public", {f"withdrawn/{digest}": target}, version=1, expires=NOW + YEAR
    )
    folder = dist.parent / "order"
    folder.mkdir()
    (folder / "withdrawn.json").write_bytes(order)
    (folder / "targets.json").write_bytes(next((dist / "metadata").glob("*.targets.json")).read_bytes())
    bureau.sign(folder, "survey", "survey", "withdrawn.json")
    new = {"withdrawn.json": (folder / "withdrawn.json").read_bytes()}
    files = refresh_timestamp(FolderSource(dist / "metadata"), bureau.key("publish"), bureau.roots[0], now=NOW, new=new)
    write_metadata(dist / "metadata", files)


def test_a_file_that_was_withdrawn_must_be_gone(town: Path, bureau: Bureau) -> None:
    dist = released(town, bureau).dist
    path = manifest_of(dist)["archives"][0]["file"]
    withdraw(dist, bureau, path)
    found = verified(dist, bureau)
    assert kinds(found) == [("withdrawn", path)] and "leak" in found.faults[0][2]
    (dist / path).unlink()
    assert verified(dist, bureau).accepted
    (dist / "index.html").unlink()  # which nobody withdrew
    assert kinds(verified(dist, bureau)) == [("missing", "index.html")]


# The command --------------------------------------------------------------------------------------------------------


def test_the_command_tells_who_signed_and_remembers(
    town: Path, bureau: Bureau, later: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    first = released(town, bureau)
    old = copied(first.dist, town.parent / "old")
    built_later(town, later)
    second = released(town, bureau)
    seen = town.parent / "seen.json"
    verify = ["--lang", "en", "verify", "--structure-only", "--seen", str(seen), "-w", str(town)]
    assert main([*verify, str(second.dist)]) == 0
    out = capsys.readouterr().out
    assert "signed as survey" in out and "signed as secrecy" in out and fingerprint_of(bureau.roots[0]) in out
    assert json.loads(seen.read_bytes())["targets"] == 2
    before = seen.read_bytes()
    assert main([*verify, str(old)]) == 1
    assert "error rollback" in capsys.readouterr().out and seen.read_bytes() == before


def test_the_command_without_a_root(town: Path, bureau: Bureau, capsys: pytest.CaptureFixture[str]) -> None:
    dist = released(town, bureau).dist
    assert main(["--lang", "en", "verify", str(dist), "--structure-only"]) == 0
    out = capsys.readouterr().out
    assert "NOT known from elsewhere" in out and "compare its fingerprint with the printed sheet" in out


@pytest.mark.parametrize(
    ("options", "code"),
    [
        (["--root", "missing.json"], 1),
        (["--root-fingerprint", "12"], 2),
        (["--root-fingerprint", "0" * 64, "-w", "."], 2),
        (["--root-fingerprint", "0" * 64], 1),
    ],
)
def test_wrong_usage(town: Path, options: list[str], code: int) -> None:
    assert main(["--lang", "en", "verify", str(town / "dist/public"), "--structure-only", *options]) == code
