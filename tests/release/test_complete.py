"""Both offices have signed: metadata beside the files, kept whole, told; and what is refused at the last step."""

from __future__ import annotations

import json
import xml.etree.ElementTree as ET
from datetime import timedelta
from pathlib import Path

import pytest

from pipeline.errors import InputError, PolicyRefusal
from pipeline.intake.ledger import entries
from pipeline.release.kept import kept_releases
from pipeline.release.trust.error import TrustError
from pipeline.release.trust.seen import Seen
from pipeline.release.trust.source import FolderSource
from pipeline.release.trust.verify import verify_trust
from pipeline.standalone.verify import check
from tests.release.signed_town import built_later, completed, copied, prepared, released, signed
from tests.release.trust.bureau import NOW, Bureau

ATOM = "{http://www.w3.org/2005/Atom}"
DAY = timedelta(days=1)


def told(root: Path) -> list[dict[str, object]]:
    return [dict(entry.facts) for entry in entries(root) if entry.kind == "release"]


def test_a_completed_release_may_be_believed_wherever_it_lies(town: Path, bureau: Bureau) -> None:
    done = released(town, bureau)
    dist = town / "dist/public"
    names = ["1.root.json", "1.snapshot.json", "1.targets.json", "root.json", "timestamp.json"]
    for folder in (dist, done.folder):
        assert sorted(path.name for path in (folder / "metadata").iterdir()) == names
        source = FolderSource(folder / "metadata")
        trusted = verify_trust(source, bureau.roots[0], seen=Seen.none(), now=NOW, online=True)
        assert (trusted.release, trusted.edition) == (done.release, "public")
        assert check(str(folder)).faults == ()
    assert done.folder == town / "releases/public" / done.release[:12]
    assert done.expires == NOW + 45 * DAY  # the publisher's timestamp, which is renewed
    assert {each.role for each in done.signed_by} == {"root", "survey", "secrecy", "publish"}
    (entry,) = told(town)
    assert (entry["edition"], entry["release"], entry["version"]) == ("public", done.release, 1)
    assert entry["signed_by"] == ["survey: survey", "secrecy: secrecy", "publish: publish"]


def test_completed_again_nothing_happens_twice(town: Path, bureau: Bureau) -> None:
    made = prepared(town)
    signed(bureau, made)
    first = completed(town, bureau, made)
    again = completed(town, bureau, made)
    assert (again.release, again.version, again.folder) == (first.release, 1, first.folder)
    assert len(told(town)) == 1 and len(kept_releases(town, "public")) == 1
    assert check(str(first.folder)).faults == ()


@pytest.mark.parametrize("office", ["survey", "secrecy"])
def test_one_office_alone_releases_nothing(town: Path, bureau: Bureau, office: str) -> None:
    made = prepared(town)
    bureau.sign(made.folder, office, office)
    with pytest.raises(PolicyRefusal, match="signatures are missing"):
        completed(town, bureau, made)
    assert not (town / "dist/public/metadata").exists() and not (town / "releases").exists() and told(town) == []


def test_what_was_changed_after_it_was_prepared(town: Path, bureau: Bureau) -> None:
    made = prepared(town)
    signed(bureau, made)
    page = town / "dist/public/index.html"
    page.write_bytes(page.read_bytes() + b"<script>")
    with pytest.raises(InputError, match="not what was built"):
        completed(town, bureau, made)
    assert not (town / "releases").exists()


def test_a_manifest_that_was_changed_after_it_was_signed(town: Path, bureau: Bureau) -> None:
    made = prepared(town)
    signed(bureau, made)
    path = town / "dist/public/release.json"
    manifest = json.loads(path.read_bytes())
    path.write_text(json.dumps({**manifest, "allowed": {}}), "utf-8")
    with pytest.raises(TrustError) as refused:
        completed(town, bureau, made)
    assert refused.value.attack in ("arbitrary-file", "endless-data")


def test_what_was_built_anew_after_it_was_signed(town: Path, bureau: Bureau, later: Path) -> None:
    made = prepared(town)
    signed(bureau, made)
    built_later(town, later)
    with pytest.raises(InputError, match="built anew since"):
        completed(town, bureau, made)


def test_an_older_signing_folder_does_not_follow_a_newer_release(
    town: Path, bureau: Bureau, later: Path, tmp_path: Path
) -> None:
    made = prepared(town)
    signed(bureau, made)
    old = copied(made.folder, tmp_path / "old")
    dist = copied(town / "dist/public", tmp_path / "dist")
    completed(town, bureau, made)
    built_later(town, later)
    released(town, bureau)
    built_later(town, dist)
    made.folder.rename(tmp_path / "new")
    old.rename(made.folder)
    with pytest.raises(PolicyRefusal, match="a later release was completed"):
        completed(town, bureau, made)


def test_the_feed_tells_what_changed(town: Path, bureau: Bureau, later: Path) -> None:
    first = released(town, bureau)
    built_later(town, later)
    second = released(town, bureau)
    feed = ET.fromstring((second.dist / "feed.atom").read_bytes())
    listed = feed.findall(f"{ATOM}entry")
    assert [each.findtext(f"{ATOM}id") for each in listed] == [
        f"urn:sha256:{second.release}", f"urn:sha256:{first.release}",
    ]  # fmt: skip
    words = [each.findtext(f"{ATOM}content") or "" for each in listed]
    assert "addresses" in words[0] and "首次发布" in words[1]
    assert all(each.findtext(f"{ATOM}updated") == "2026-11-22T00:00:00Z" for each in listed)
    assert second.dist.joinpath("feed.atom").read_bytes() == second.folder.joinpath("feed.atom").read_bytes()
    assert check(str(second.dist)).faults == ()
    assert [entry["version"] for entry in told(town)] == [1, 2]


def test_versions_go_on_when_kept_releases_are_gone(town: Path, bureau: Bureau, later: Path) -> None:
    done = released(town, bureau)
    done.folder.rename(town / "elsewhere")
    built_later(town, later)
    assert prepared(town).version == 2


def test_as_many_are_kept_as_the_workspace_says(town: Path, bureau: Bureau, later: Path, tmp_path: Path) -> None:
    toml = town / "framework.toml"
    toml.write_text(toml.read_text("utf-8") + "\n[release]\nkeep = 2\nexpires = 100\nrefresh = 3\n", "utf-8")
    builds = [copied(town / "dist/public", tmp_path / "first"), later]
    done = []
    for n in range(4):
        built_later(town, builds[n % 2])
        if n > 1:  # two more, which differ by a file
            from tests.audit.planting import reseal

            (town / "dist/public/SM3SUMS").unlink(missing_ok=True)
            (town / "dist/public/robots.txt").write_text(str(n), "utf-8")
            reseal(town / "dist/public")
        done.append(released(town, bureau))
    assert done[0].expires == NOW + 3 * DAY
    assert [each.release for each in kept_releases(town, "public")] == [done[2].release, done[3].release]
    assert done[2].pruned == (done[0].release,) and done[3].pruned == (done[1].release,)
