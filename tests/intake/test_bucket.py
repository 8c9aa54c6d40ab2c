"""A drop in a bucket: what of it is a package, what is fetched, and what is taken away, whenever one dies."""

from __future__ import annotations

import hashlib
import json
import random
import zipfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from pipeline.cli import main
from pipeline.errors import InputError
from pipeline.framework import load_workspace
from pipeline.intake.bucket import look_into_bucket
from pipeline.intake.drop import Waiting
from pipeline.intake.ledger import entries, verify
from pipeline.intake.origin import identity
from pipeline.intake.store import versions
from pipeline.intake.submit import Submission, submit
from pipeline.publish.store import About, Entry, MemoryStore, Opened
from tests.handing_in import NOW, nil_files, package_files, package_toml, points, with_sums, write_workspace, write_zip
from tests.publish.buckets import client_of, environment, new_bucket, s3_server

ADDRESS = "s3://drop/in"


class Shop(MemoryStore):
    """A store that writes down what was read of it, says when things came, and dies when told."""

    def __init__(self) -> None:
        super().__init__()
        self.fetched: dict[str, int] = {}
        self.came: dict[str, float] = {}
        self.deletes_left = 1_000_000

    def put(self, path: str, data: bytes, seconds_ago: float = 1000) -> None:
        self.write(path, data, About("", "", hashlib.sha256(data).hexdigest()))
        self.came[path] = NOW.timestamp() - seconds_ago

    def list(self, prefix: str = "") -> Iterator[Entry]:
        for each in super().list(prefix):
            yield Entry(each.path, each.bytes, each.etag, changed=self.came[each.path])

    def read(self, path: str, start: int = 0, length: int | None = None) -> Opened:
        opened = super().read(path, start, length)

        def counted() -> Iterator[bytes]:
            for block in opened.blocks:
                for at in range(0, len(block), 4096):
                    part = block[at : at + 4096]
                    self.fetched[path] = self.fetched.get(path, 0) + len(part)
                    yield part

        return Opened(opened.etag, opened.size, counted())

    def delete(self, path: str) -> None:
        if self.deletes_left == 0:
            raise KeyboardInterrupt
        self.deletes_left -= 1
        super().delete(path)

    @property
    def paths(self) -> list[str]:
        return [each.path for each in super().list()]


@pytest.fixture
def root(tmp_path: Path) -> Path:
    return write_workspace(tmp_path / "ws")


@pytest.fixture
def shop() -> Shop:
    return Shop()


def put_folder(shop: Shop, name: str, files: dict[str, bytes], seconds_ago: float = 1000) -> None:
    for each, data in files.items():
        shop.put(f"{name}/{each}", data, seconds_ago)


def zipped(tmp_path: Path, files: dict[str, bytes]) -> bytes:
    return write_zip(tmp_path / "p.zip", files).read_bytes()


def ready(shop: Shop) -> dict[str, Waiting]:
    return {each.name: each for each in look_into_bucket(shop, ADDRESS, NOW, 60).ready}


def hand_in(root: Path, waiting: Waiting) -> Submission:
    return submit(load_workspace(root), waiting.look(), NOW)


def test_what_lies_in_a_bucket(shop: Shop) -> None:
    shop.put("fresh.ZIP", b"PK", 0)  # an object is whole as soon as it is seen
    shop.put("note.txt", b"hi")
    shop.put(".hidden.zip", b"")
    shop.put("~lock/a", b"")
    put_folder(shop, "folder", package_files())
    put_folder(shop, "growing", package_files())
    shop.put("growing/more.geojson", b"{}", 5)
    put_folder(shop, "ahead", package_files(), -20)
    shop.put("gone/SHA256SUMS", b"")
    found = look_into_bucket(shop, ADDRESS, NOW, 60)
    assert [each.name for each in found.ready] == ["folder", "fresh.ZIP"]
    assert [each.place for each in found.ready] == ["s3://drop/in/folder", "s3://drop/in/fresh.ZIP"]
    assert found.arriving == ("ahead", "growing")
    assert found.others == ("gone", "note.txt")


def test_a_zip_and_a_folder_give_what_they_give_on_a_disk(root: Path, shop: Shop, tmp_path: Path) -> None:
    files = package_files()
    shop.put("p.zip", zipped(tmp_path, files))
    put_folder(shop, "folder", files)
    first = hand_in(root, ready(shop)["folder"])
    second = hand_in(root, ready(shop)["p.zip"])
    digests = {name: hashlib.sha256(data).hexdigest() for name, data in files.items()}
    assert (first.outcome, first.version, first.features, first.name) == ("accepted", "2026-Q3.1", 12, "folder")
    assert (second.outcome, second.version, second.name) == ("known", "2026-Q3.1", "p.zip")
    assert first.sha256 == second.sha256 == identity(digests)


def test_what_is_secret_is_not_fetched(root: Path, shop: Shop, tmp_path: Path) -> None:
    data = random.Random(5).randbytes(3 << 20)
    files = with_sums({"package.toml": package_toml(classification='"秘密"').encode(), "stops.geojson": data})
    shop.put("p.zip", zipped(tmp_path, files))
    put_folder(shop, "folder", files)
    for name, waiting in ready(shop).items():
        container = waiting.look()
        assert sum(shop.fetched.values()) < 50_000, "its directory only"
        done = submit(load_workspace(root), container, NOW)  # hashes it, for the ledger
        assert (done.reason, done.folder, done.exit_code, done.name) == ("classified", None, 3, name)
        shop.fetched.clear()
    assert len(data) not in [path.stat().st_size for path in root.rglob("*") if path.is_file()]
    assert {entry.facts["package"] for entry in entries(root)} == {
        hashlib.sha256((tmp_path / "p.zip").read_bytes()).hexdigest(),
        identity({name: hashlib.sha256(each).hexdigest() for name, each in files.items()}),
    }


def test_what_is_known_is_not_fetched_again(root: Path, shop: Shop, tmp_path: Path) -> None:
    noise = random.Random(6).randbytes(2 << 20).hex().encode()
    collection = json.loads(points())
    collection["features"][0]["properties"]["NAME"] = noise[: 1 << 20].decode()
    files = package_files(stops__geojson=json.dumps(collection).encode())
    shop.put("p.zip", zipped(tmp_path, files))
    hand_in(root, ready(shop)["p.zip"])
    shop.fetched.clear()
    assert hand_in(root, ready(shop)["p.zip"]).outcome == "known"
    assert shop.fetched["p.zip"] < 100_000 < len(noise) // 4


def test_a_refused_folder_is_kept_under_its_own_names(root: Path, shop: Shop) -> None:
    files = {**package_files(), "unlisted.txt": b"1"}
    put_folder(shop, "bad", files)
    put_folder(shop, "worse", {**package_files(), "../../evil": b"evil", "a\\..\\b": b"2", "nul:": b"3"})
    first, second = (hand_in(root, ready(shop)[name]) for name in ("bad", "worse"))
    assert (first.reason, second.reason) == ("unlisted-file", "path-escape")
    assert first.folder is not None and (first.folder / "package/unlisted.txt").read_bytes() == b"1"
    assert second.folder is not None
    with zipfile.ZipFile(second.folder / "worse.zip") as kept:
        assert {name: kept.read(name) for name in ("../../evil", "a\\..\\b", "nul:")} == {
            "../../evil": b"evil", "a\\..\\b": b"2", "nul:": b"3",
        }  # fmt: skip
    assert not list(root.parent.rglob("evil"))


@pytest.mark.parametrize("folder", [False, True])
def test_what_changes_while_it_is_read(root: Path, shop: Shop, tmp_path: Path, folder: bool) -> None:
    files = package_files()
    if folder:
        put_folder(shop, "p.zip", files)
    else:
        shop.put("p.zip", zipped(tmp_path, files))
    waiting = ready(shop)["p.zip"]
    container = waiting.look()
    other = package_files(stops__geojson=points(7))
    if folder:
        put_folder(shop, "p.zip", other)
    else:
        shop.put("p.zip", zipped(tmp_path, other))
    with pytest.raises(InputError, match="changed while it was read"):
        submit(load_workspace(root), container, NOW)
    assert not list(entries(root))
    assert not waiting.take_away() and len(shop.paths) == (3 if folder else 1)
    assert hand_in(root, ready(shop)["p.zip"]).features == 7


def test_only_what_was_seen_is_taken_away(shop: Shop) -> None:
    put_folder(shop, "p", package_files())
    put_folder(shop, "p2", package_files())
    waiting = ready(shop)["p"]
    shop.put("p/late.txt", b"1")
    assert not waiting.take_away() and len(shop.paths) == 7
    assert ready(shop)["p"].take_away()
    assert shop.paths == ["p2/SHA256SUMS", "p2/package.toml", "p2/stops.geojson"]


def test_whoever_dies_while_a_package_is_taken_away(root: Path, shop: Shop) -> None:
    put_folder(shop, "p", package_files())
    hand_in(root, ready(shop)["p"])
    for step in range(3):
        shop.deletes_left = 1
        waiting = ready(shop)
        if step < 2:  # what is left is still known as what it was
            assert hand_in(root, waiting["p"]).outcome == "known", step
            with pytest.raises(KeyboardInterrupt):
                waiting["p"].take_away()
        else:
            assert waiting == {} and shop.paths == ["p/SHA256SUMS"]
    assert [entry.kind for entry in entries(root)] == ["accepted"] and verify(root) == ()
    assert [version.version for version in versions(root, "stops")] == ["2026-Q3.1"]


def test_a_drop_in_a_bucket_by_the_command(
    root: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    good = zipped(tmp_path, package_files())
    bad = zipped(tmp_path, package_files(package_toml(currency="2026-09-16"), stops__geojson=b"{"))
    secret = zipped(tmp_path, package_files(package_toml(classification='"secret"')))
    with s3_server() as address:
        environment(monkeypatch, address)
        bucket = new_bucket(address)
        client = client_of(address)
        objects = {"good.zip": good, "bad.zip": bad, "secret.zip": secret, "x.txt": b"1"}
        objects |= {f"nil/{name}": data for name, data in nil_files(dataset='"wells"', department='"water"',
                    audiences='["public"]').items()}  # fmt: skip
        for key, data in objects.items():
            client.put_object(Bucket=bucket, Key=f"in/{key}", Body=data)
        client.put_object(Bucket=bucket, Key="inside/other.zip", Body=b"of others")

        def run(*more: str) -> tuple[int, dict[str, Any], str]:
            drop = ("--drop", f"s3://{bucket}/in", "--settle", "0")
            code = main(["submit", *drop, *more, "-w", str(root), "--json", "--lang", "en"])
            out, err = capsys.readouterr()
            return code, {each["path"].rpartition("/")[2]: each for each in json.loads(out)}, err

        def keys() -> list[str]:
            return [each["Key"] for each in client.list_objects_v2(Bucket=bucket)["Contents"]]

        code, found, err = run()
        assert {name: each["outcome"] for name, each in found.items()} == {
            "good.zip": "accepted", "bad.zip": "refused", "secret.zip": "refused", "nil": "nil",
        }  # fmt: skip
        assert code == 3 and "x.txt: neither a folder nor a zip" in err
        assert found["good.zip"]["path"] == f"s3://{bucket}/in/good.zip"
        assert len(keys()) == len(objects) + 1, "nothing is taken away that nobody asked for"
        code, found, _err = run("--clear")
        assert found["good.zip"]["outcome"] == "known" and code == 3
        assert keys() == ["in/secret.zip", "in/x.txt", "inside/other.zip"]
        kept = root / "inbox/refused" / found["bad.zip"]["package"][:12]
        assert (kept / "package/stops.geojson").read_bytes() == b"{"
    assert verify(root) == ()


def test_clearing_is_for_drops(root: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["submit", "--clear", "-w", str(root), "p.zip"]) == 2
    capsys.readouterr()
