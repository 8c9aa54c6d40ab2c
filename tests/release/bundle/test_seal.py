"""Encrypted bundles: only the right key opens them, and nothing shows without it."""

from __future__ import annotations

import errno
import gc
import os
import re
import shutil
from pathlib import Path

import pyrage
import pytest

from pipeline.errors import InputError, OutputError, UsageError
from pipeline.release.bundle.instructions import PAGE
from pipeline.release.bundle.layout import Sealed, read_about_of
from pipeline.release.bundle.read import OpenBundle
from pipeline.release.bundle.recipients import read_identities, read_recipients
from pipeline.release.bundle.source import read_release
from pipeline.release.bundle.write import Packing, write_bundle
from tests.release.bundle.releases import FILES, archive, tree, write_release

NOISE = bytes((n * 2654435761 >> 13) & 255 for n in range(50_000))
SECRETS = {**FILES, **archive("control-lines", NOISE), "data/control-lines.html": b"<p>control lines</p>"}
VOLUME = 20_000


class Keys:
    """An office's key, and one that is not its own."""

    def __init__(self, folder: Path) -> None:
        self.office, self.other = (folder / name for name in ("office.key", "other.key"))
        made = pyrage.x25519.Identity.generate()
        self.recipient = str(made.to_public())
        self.office.write_text(f"# made for a test\n{made}\n")
        self.other.write_text(f"{pyrage.x25519.Identity.generate()}\n")


@pytest.fixture(scope="module")
def keys(tmp_path_factory: pytest.TempPathFactory) -> Keys:
    return Keys(tmp_path_factory.mktemp("keys"))


@pytest.fixture(scope="module")
def sealed(keys: Keys, tmp_path_factory: pytest.TempPathFactory) -> Path:
    tmp = tmp_path_factory.mktemp("sealed")
    folder = write_release(tmp / "release", SECRETS, edition="government")
    (folder / "metadata").mkdir()
    (folder / "metadata/root.json").write_bytes(b"{}")
    packing = Packing(volume=VOLUME, recipients=(keys.recipient,))
    write_bundle(read_release(folder), tmp / "disk", packing, page=b"<p>control-lines</p>")
    return tmp


def test_the_right_key_gives_every_file_back(sealed: Path, keys: Keys) -> None:
    with OpenBundle(sealed / "disk", read_identities(keys.office)) as opened:
        assert (opened.about.kind, opened.about.edition) == ("full", "government")
        came = {file.path: b"".join(file.blocks) for file in opened.files()}
    assert came.pop("trusted-root.json") == b"{}" and came.pop("index.html") == b"<p>control-lines</p>"
    assert {path.removeprefix("release/"): data for path, data in came.items()} == tree(sealed / "release")


def test_a_file_need_not_be_read_before_the_next(sealed: Path, keys: Keys) -> None:
    with OpenBundle(sealed / "disk", read_identities(keys.office)) as opened:
        assert len([file.path for file in opened.files()]) == len(tree(sealed / "release")) + 2


def test_one_may_stop_in_the_middle(sealed: Path, keys: Keys) -> None:
    with OpenBundle(sealed / "disk", read_identities(keys.office)) as opened:
        assert next(opened.files()).path == "index.html"


def test_no_name_shows_and_no_volume_is_too_large(sealed: Path) -> None:
    disk = tree(sealed / "disk")
    about = read_about_of(sealed / "disk")
    assert isinstance(about, Sealed) and len(about.volumes) == 4
    assert max(part.bytes for part in about.volumes) <= VOLUME
    allowed = r"data/volumes/\d{4}\.age|data/bundle\.json|bag-info\.txt|bagit\.txt|(tag)?manifest-sha256\.txt|\w+\.py"
    assert [path for path in disk if not re.fullmatch(f"{allowed}|{PAGE}", path)] == []
    for path, data in disk.items():
        for secret in (b"control", b"index-", b"a-1.js", b"tilejson", b"roads"):
            assert secret not in data or path.endswith(".py"), (path, secret)


def test_the_page_says_that_it_is_not_a_national_algorithm(sealed: Path) -> None:
    page = (sealed / "disk" / PAGE).read_text("utf-8")
    assert "非国密" in page and "not 国密" in page
    assert "certutil -hashfile manifest-sha256.txt SHA256" in page


@pytest.mark.parametrize("which", ["other", "none"])
def test_another_key_opens_nothing(which: str, sealed: Path, keys: Keys) -> None:
    identities = read_identities(keys.other) if which == "other" else []
    with pytest.raises(InputError if identities else UsageError):
        OpenBundle(sealed / "disk", identities)


@pytest.mark.parametrize("harm", ["flip", "missing", "swap"])
def test_damage_is_refused_even_where_the_bag_does_not_tell(
    harm: str, sealed: Path, keys: Keys, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    disk = tmp_path / "disk"
    shutil.copytree(sealed / "disk", disk)
    one, two = (disk / f"data/volumes/000{n}.age" for n in (2, 3))
    if harm == "flip":
        data = bytearray(one.read_bytes())
        data[-100] ^= 1
        one.write_bytes(data)
    elif harm == "missing":
        two.unlink()
    else:
        one.rename(disk / "x")
        two.rename(one)
        (disk / "x").rename(two)
    with pytest.raises(InputError):
        OpenBundle(disk, read_identities(keys.office))
    monkeypatch.setattr("pipeline.release.bundle.read.check_bag", lambda *_args: None)
    with pytest.raises(InputError), OpenBundle(disk, read_identities(keys.office)) as opened:
        for file in opened.files():
            b"".join(file.blocks)


def test_what_comes_of_age_itself_is_a_tar_of_the_release(sealed: Path, keys: Keys, tmp_path: Path) -> None:
    """As the manual says: each volume decrypted by age, all of them one tar. An oracle: no code of ours."""
    import io
    import tarfile

    identity = pyrage.x25519.Identity.from_str(keys.office.read_text().split("\n")[1])
    volumes = sorted((sealed / "disk/data/volumes").iterdir())
    plain = b"".join(pyrage.decrypt(path.read_bytes(), [identity]) for path in volumes)
    with tarfile.open(fileobj=io.BytesIO(plain)) as tar:
        members = tar.getmembers()
        assert members[0].name == "bundle.json"
        assert {(m.uid, m.gid, m.mtime, m.uname, m.mode) for m in members} == {(0, 0, 0, "", 0o644)}
        index = tar.extractfile("release/index.html")
        assert index is not None and index.read() == FILES["index.html"]


def test_recipients_come_from_a_file_too(keys: Keys, tmp_path: Path) -> None:
    (tmp_path / "offices.txt").write_text(f"# offices\n{keys.recipient}\n\n{keys.recipient}\n")
    assert len(read_recipients([str(tmp_path / "offices.txt"), keys.recipient])) == 3


@pytest.mark.parametrize("text", ["age1nothing", "ssh-ed25519 AAAA", "ssh-"])
def test_what_is_no_recipient_is_refused(text: str) -> None:
    with pytest.raises(UsageError):
        read_recipients([text])


def test_a_private_key_is_not_taken_for_a_recipient(keys: Keys) -> None:
    with pytest.raises(UsageError, match="never a recipient") as refused:
        read_recipients([str(keys.office)])
    assert keys.office.read_text().split("\n")[1] not in str(refused.value)


@pytest.mark.parametrize("content", [b"", b"nothing\n", b"\xff\xfe", b"-----BEGIN OPENSSH PRIVATE KEY-----\n"])
def test_what_is_no_key_is_refused(content: bytes, tmp_path: Path) -> None:
    (tmp_path / "key").write_bytes(content)
    with pytest.raises(InputError):
        read_identities(tmp_path / "key")


def test_two_encryptions_are_never_the_same(keys: Keys, tmp_path: Path) -> None:
    release = read_release(write_release(tmp_path / "release"))
    for name in ("one", "two"):
        write_bundle(release, tmp_path / name, Packing(recipients=(keys.recipient,)))
    one, two = ((tmp_path / name / "data/volumes/0001.age").read_bytes() for name in ("one", "two"))
    assert one != two


@pytest.mark.filterwarnings("error")
@pytest.mark.parametrize("sealed_too", [False, True])
def test_a_full_disk_leaves_nothing_behind(
    sealed_too: bool, keys: Keys, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What the system says when the second volume does not fit any more."""
    release = read_release(write_release(tmp_path / "release", SECRETS))
    synced: list[int] = []

    def fsync(handle: int) -> None:
        synced.append(handle)
        if len(synced) == 2:
            raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    monkeypatch.setattr(os, "fsync", fsync)
    with pytest.raises(OutputError, match="full"):
        recipients = (keys.recipient,) if sealed_too else ()
        write_bundle(release, tmp_path / "disk", Packing(volume=VOLUME, recipients=recipients))
    gc.collect()  # what is left of streams ends here, without a word
    assert [path.name for path in tmp_path.iterdir()] == ["release"]
