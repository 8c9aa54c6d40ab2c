"""`longquan publish` as people and programs call it, with releases that were really signed."""

from __future__ import annotations

import json
import shutil
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest

from pipeline.cli import main
from tests.publish.buckets import client_of, environment, new_bucket, s3_server
from tests.publish.bureau import new_bureau, write_signed
from tests.publish.releases import find_fault, sums_of
from tests.release.trust.bureau import Bureau


@pytest.fixture(scope="module")
def server() -> Iterator[str]:
    with s3_server() as address:
        yield address


@pytest.fixture(scope="module")
def bureau() -> Bureau:
    return new_bureau()


@pytest.fixture(scope="module")
def dist(tmp_path_factory: pytest.TempPathFactory, bureau: Bureau) -> Path:
    return write_signed(bureau, tmp_path_factory.mktemp("releases") / "1", 1)


def run(*arguments: object) -> int:
    return main(["publish", *map(str, arguments), "--lang", "en"])


def test_a_plan_and_then_the_deed(dist: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    www = tmp_path / "www"
    assert run(dist, www) == 0
    out = capsys.readouterr().out
    assert out.startswith(f"{dist} → {www}\n")
    assert "at the target  nothing" in out and "named by hash" in out
    assert out.endswith("Nothing was changed. To do it, give --apply as well.\n")
    assert not www.exists()
    assert run(dist, www, "--apply", "--base-url", "https://map.example.cn/lq") == 0
    assert "It is published." in capsys.readouterr().out
    read = lambda path: (www / path).read_bytes() if (www / path).is_file() else None  # noqa: E731
    assert read("release.json") == (dist / "release.json").read_bytes()
    assert read("metadata/timestamp.json") == (dist / "metadata/timestamp.json").read_bytes()
    assert main(["verify", str(www), "--structure-only", "--lang", "en"]) in (0, 1)
    out = capsys.readouterr().out
    assert "hotlink/           https://map.example.cn/lq" in out and "signed as secrecy" in out
    assert run(dist, www, "--json") == 0
    told = json.loads(capsys.readouterr().out)
    assert (told["upload"], told["applied"], told["delete"]) == ([], False, [])
    assert told["releases"] == [told["release"]] == [told["current"]]


def test_two_releases_to_a_bucket(
    dist: Path,
    bureau: Bureau,
    server: str,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    environment(monkeypatch, server)
    bucket = new_bucket(server)
    assert run(dist, f"s3://{bucket}/map", "--apply", "--cors", "https://a.example") == 0
    assert "requests" in capsys.readouterr().out
    second = write_signed(bureau, tmp_path / "2", 2, previous=dist)
    assert run(second, f"s3://{bucket}/map", "--apply") == 0
    out = capsys.readouterr().out
    assert "for 1 earlier release\n" in out
    client = client_of(server)

    def read(path: str) -> bytes | None:
        try:
            return bytes(client.get_object(Bucket=bucket, Key=f"map/{path}")["Body"].read())
        except client.exceptions.NoSuchKey:
            return None

    assert read("release.json") == (second / "release.json").read_bytes()
    assert client.get_bucket_cors(Bucket=bucket)["CORSRules"][0]["AllowedOrigins"] == ["https://a.example"]
    assert run(dist, f"s3://{bucket}/map", "--apply") == 3
    assert "is older than" in capsys.readouterr().err
    for path in {*sums_of(dist), *sums_of(second)}:
        assert read(path) is not None, path
    assert find_fault(lambda path: None if path.startswith("metadata/") else read(path),
                      [sums_of(dist), sums_of(second)]) is None  # fmt: skip


def test_refreshing(
    dist: Path, bureau: Bureau, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    from pipeline.release.trust.keys import write_private

    mine, www = tmp_path / "dist", tmp_path / "www"
    shutil.copytree(dist, mine)
    private = bureau.key("publish")._private_key  # type: ignore[attr-defined]
    write_private(tmp_path / "publish.pem", private, "a long passphrase of the bureau")
    monkeypatch.setenv("LONGQUAN_PASSPHRASE", "a long passphrase of the bureau")
    options = ("--refresh", "--key", tmp_path / "publish.pem")
    assert run(mine, www, *options, "--apply") == 2
    assert "there is nothing to refresh" in capsys.readouterr().err
    assert run(mine, www, "--apply") == 0
    before = (www / "release.json").read_bytes()
    capsys.readouterr()
    assert run(mine, www, *options, "--json") == 0
    told = json.loads(capsys.readouterr().out)
    assert [each["path"] for each in told["upload"]] == ["metadata/2.snapshot.json", "metadata/timestamp.json"]
    assert json.loads((www / "metadata/timestamp.json").read_bytes())["signed"]["version"] == 1
    assert run(mine, www, *options, "--apply") == 0
    timestamp = (www / "metadata/timestamp.json").read_bytes()
    assert json.loads(timestamp)["signed"]["version"] == 2
    assert (mine / "metadata/timestamp.json").read_bytes() == timestamp
    assert (www / "release.json").read_bytes() == before
    # Whoever still has the older signatures does not put them over the newer ones.
    assert run(dist, www, "--apply") == 3


def test_what_is_refused(
    dist: Path,
    bureau: Bureau,
    server: str,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    www = tmp_path / "www"

    def refused(folder: Path, *options: object) -> str:
        assert run(folder, www, "--apply", *options) == 3
        assert not (www / "release.json").exists()
        return capsys.readouterr().err

    unsigned = tmp_path / "unsigned"
    shutil.copytree(dist, unsigned)
    shutil.rmtree(unsigned / "metadata")
    assert "nobody has signed it" in refused(unsigned)
    altered = tmp_path / "altered"
    shutil.copytree(dist, altered)
    place = altered / "metadata/1.targets.json"
    place.write_bytes(place.read_bytes().replace(b'"public"', b'"secret"'))
    assert "must not be published" in refused(altered)
    expired = write_signed(bureau, tmp_path / "expired", 1, holds=timedelta(seconds=-5))
    assert "--refresh" in refused(expired)
    (tmp_path / "root.json").write_bytes(new_bureau().roots[0])
    assert "must not be published" in refused(dist, "--root", tmp_path / "root.json")
    real = new_bureau(sample=False)
    assert "no map review number" in refused(write_signed(real, tmp_path / "real", 1, sample=False))
    # Another city's root stands at the target: its readers would refuse what is signed under ours.
    other = write_signed(new_bureau(), tmp_path / "other", 1)
    assert run(dist, www, "--apply") == 0
    assert run(other, www, "--apply") == 3
    # A protected edition, and everybody may read.
    environment(monkeypatch, server)
    bucket = new_bucket(server)
    client_of(server).put_bucket_acl(Bucket=bucket, ACL="public-read")
    government = write_signed(bureau, tmp_path / "government", 1, edition="government")
    capsys.readouterr()
    assert run(government, f"s3://{bucket}/map", "--apply") == 3
    assert "everybody may read this bucket" in capsys.readouterr().err
    assert run(government, tmp_path / "intranet", "--apply") == 0
    assert "docs/deploy" in capsys.readouterr().err


def test_wrong_usage(dist: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(dist, dist) == 2
    assert run(dist, dist / "www") == 2
    assert run(dist, dist.parent) == 2
    assert run(dist, tmp_path / "www", "--refresh") == 2
    assert run(dist, "ftp://host/x") == 2
    assert run(tmp_path / "none", tmp_path / "www") == 1
    (tmp_path / "file").write_text("x")
    assert run(dist, tmp_path / "file") == 2
    assert "Traceback" not in capsys.readouterr().err


def test_cors_of_a_folder_is_told(dist: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(dist, tmp_path / "www", "--cors", "*") == 0
    out = capsys.readouterr().out
    assert "tell its server" in out and "nginx" in out and "Access-Control-Allow-Origin" in out


def test_in_chinese(dist: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["publish", str(dist), str(tmp_path / "www"), "--lang", "zh"]) == 0
    assert "未作任何改动" in capsys.readouterr().out
