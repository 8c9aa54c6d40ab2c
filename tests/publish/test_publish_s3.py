"""Publishing to a bucket: parts, what is sent again and what is not, how many requests that takes."""

from __future__ import annotations

import hashlib
import random
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from pipeline.errors import OutputError, UsageError
from pipeline.publish.publishing import Wishes, plan_publication, publish
from pipeline.publish.retry import RetryingStore
from pipeline.publish.s3 import S3Store, part_size, place_of
from pipeline.publish.store import About, Altered, Unavailable
from tests.publish.buckets import PART, client_of, credentials, new_bucket, s3_server, store_in
from tests.publish.releases import find_fault, shipment, sums_of, trusting

DAY = datetime(2026, 11, 23, 9, tzinfo=UTC)
WISHES = Wishes(part_bytes=PART)


@pytest.fixture(scope="module")
def server() -> Iterator[str]:
    with s3_server() as address:
        yield address


@pytest.fixture
def bucket(server: str) -> str:
    return new_bucket(server)


def text(data: bytes) -> About:
    return About("application/vnd.pmtiles", "no-cache", hashlib.sha256(data).hexdigest())


def reader(client: Any, bucket: str) -> Callable[[str], bytes | None]:
    def read(path: str) -> bytes | None:
        try:
            found: bytes = client.get_object(Bucket=bucket, Key="map/" + path)["Body"].read()
        except client.exceptions.NoSuchKey:
            return None
        return found

    return read


def test_requests_are_as_many_as_the_plan_says(tmp_path: Path, server: str, bucket: str) -> None:
    for number, day in ((1, 0), (2, 7), (2, 8)):
        folder = tmp_path / str(number)
        goods = shipment(folder, number, archive_bytes=PART + number)
        store = store_in(server, bucket)
        plan, _applied = publish(
            goods, store, WISHES, now=lambda day=day: DAY + timedelta(days=day), token="t", judge=trusting
        )  # fmt: skip
        counted = dict(store.requests)
        kinds = {
            "writes": ("PutObject", "CreateMultipartUpload", "UploadPart", "CompleteMultipartUpload", "ListObjectsV2",
                       "ListMultipartUploads", "ListParts"),
            "reads": ("GetObject", "HeadObject"),
            "deletes": ("DeleteObject", "AbortMultipartUpload"),
        }  # fmt: skip
        assert set(counted) <= {name for names in kinds.values() for name in names}
        found = {kind: sum(counted.get(name, 0) for name in names) for kind, names in kinds.items()}
        lease = 4 + 1 if plan.idle else 0  # only whoever publishes takes it, and one read to see whose it is
        expected = {"writes": plan.requests.writes, "reads": plan.requests.reads, "deletes": plan.requests.deletes}
        assert found["deletes"] == expected["deletes"]
        assert abs(found["writes"] - expected["writes"]) <= lease, (counted, plan.requests)
        assert abs(found["reads"] - expected["reads"]) <= 3, (counted, plan.requests)
    assert find_fault(reader(client_of(server), bucket), [sums_of(tmp_path / "1"), sums_of(tmp_path / "2")]) is None


def test_objects_are_described(tmp_path: Path, server: str, bucket: str) -> None:
    publish(shipment(tmp_path / "1", 1), store_in(server, bucket), WISHES, now=lambda: DAY, token="t", judge=trusting)
    client = client_of(server)
    (archive,) = (path for path in sums_of(tmp_path / "1") if path.endswith(".pmtiles"))
    found = client.head_object(Bucket=bucket, Key="map/" + archive)
    assert (found["ContentType"], found["CacheControl"]) == (
        "application/vnd.pmtiles", "public, max-age=31536000, immutable",
    )  # fmt: skip
    assert "ContentEncoding" not in found
    assert found["Metadata"] == {"sha256": sums_of(tmp_path / "1")[archive]}
    found = client.head_object(Bucket=bucket, Key="map/index.html")
    assert (found["ContentType"], found["CacheControl"]) == ("text/html; charset=utf-8", "no-cache")
    assert {each["Key"].split("/")[0] for each in client.list_objects_v2(Bucket=bucket)["Contents"]} == {"map"}


def test_parts_that_are_there_are_not_sent_again(tmp_path: Path, server: str, bucket: str) -> None:
    data = random.Random(3).randbytes(4 * PART + 5)  # five parts
    source = tmp_path / "large"
    source.write_bytes(data)
    first = store_in(server, bucket)
    sent = 0

    def cut(request: Any, **_rest: Any) -> None:
        nonlocal sent
        sent += 1
        if sent > 3:
            raise OSError("the line is cut")  # as a process that is killed: nothing after this

    first._client.meta.events.register("before-send.s3.UploadPart", cut)
    with pytest.raises((Unavailable, OSError)):
        first.write("tiles/large", source, text(data))
    second = store_in(server, bucket)
    second.write("tiles/large", source, text(data))
    assert second.requests["UploadPart"] == 2
    assert second.requests["CreateMultipartUpload"] == 0
    assert b"".join(second.read("tiles/large").blocks) == data
    assert client_of(server).list_multipart_uploads(Bucket=bucket).get("Uploads", []) == []


def test_parts_of_another_file_are_not_used(tmp_path: Path, server: str, bucket: str) -> None:
    one, two = (random.Random(seed).randbytes(2 * PART) for seed in (1, 2))
    client = client_of(server)
    upload = client.create_multipart_upload(Bucket=bucket, Key="map/tiles/large")["UploadId"]
    client.upload_part(Bucket=bucket, Key="map/tiles/large", UploadId=upload, PartNumber=1, Body=one[:PART])
    source = tmp_path / "large"
    source.write_bytes(two)
    store = store_in(server, bucket)
    store.write("tiles/large", source, text(two))
    assert store.requests["UploadPart"] == 2
    assert b"".join(store.read("tiles/large").blocks) == two


def test_deleting_gives_up_what_was_begun(server: str, bucket: str) -> None:
    client = client_of(server)
    for _turn in range(2):
        client.create_multipart_upload(Bucket=bucket, Key="map/tiles/large")
    client.create_multipart_upload(Bucket=bucket, Key="elsewhere/large")
    store_in(server, bucket).delete("tiles/large")
    left = client.list_multipart_uploads(Bucket=bucket)["Uploads"]
    assert [upload["Key"] for upload in left] == ["elsewhere/large"]


def test_an_altered_file_is_not_sent(tmp_path: Path, server: str, bucket: str) -> None:
    source = tmp_path / "large"
    source.write_bytes(b"x" * (PART + 1))
    store = store_in(server, bucket)
    with pytest.raises(Altered):
        store.write("tiles/large", source, text(b"other"))
    assert sum(store.requests.values()) == 0


def test_a_slow_or_hurt_bucket_is_asked_again(server: str, bucket: str) -> None:
    from botocore.awsrequest import AWSResponse

    store = store_in(server, bucket)
    answers = [("503", "SlowDown"), ("500", "InternalError")]

    class Raw:
        def __init__(self, body: bytes) -> None:
            self.body = body

        def stream(self, *_rest: object, **_more: object) -> Iterator[bytes]:
            yield self.body

    def hurt(request: Any, **_rest: Any) -> AWSResponse | None:
        if not answers:
            return None
        status, code = answers.pop()
        body = f"<Error><Code>{code}</Code><Message>no</Message></Error>".encode()
        return AWSResponse(request.url, int(status), {"retry-after": "3", "content-type": "application/xml"}, Raw(body))

    store._client.meta.events.register("before-send.s3.PutObject", hurt)
    slept: list[float] = []
    RetryingStore(store, slept.append).write("a", b"1", text(b"1"))
    assert slept == [3.0, 3.0]
    assert b"".join(store.read("a").blocks) == b"1"


@pytest.mark.parametrize(
    ("target", "bucket", "prefix"),
    [
        ("s3://city", "city", ""),
        ("s3://city/", "city", ""),
        ("s3://city/map/public/", "city", "map/public/"),
        ("s3://City_1/地图", "City_1", "地图/"),
    ],
)
def test_addresses(target: str, bucket: str, prefix: str) -> None:
    assert place_of(target) == (bucket, prefix)


@pytest.mark.parametrize("target", ["s3://", "s3:///x", "https://x/y", "s3://b/a//b", "s3://b/a?x=1"])
def test_what_is_no_address(target: str) -> None:
    with pytest.raises(UsageError):
        place_of(target)


def test_sizes_of_parts() -> None:
    assert part_size(100 << 20) == 8 << 20
    assert part_size(8 << 20) == 8 << 20
    largest = 5 << 40  # S3's limit of an object
    assert -(-largest // part_size(largest)) <= 10_000
    assert part_size(largest) < 5 << 30  # S3's limit of a part


def test_what_a_bucket_refuses_is_told(
    server: str, bucket: str, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    with pytest.raises(OutputError, match="no such bucket"):
        list(store_in(server, "nobodys-bucket").list())
    for name in credentials(server):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("AWS_EC2_METADATA_DISABLED", "true")
    monkeypatch.setenv("AWS_CONFIG_FILE", str(tmp_path / "none"))
    monkeypatch.setenv("AWS_SHARED_CREDENTIALS_FILE", str(tmp_path / "none"))
    with pytest.raises(UsageError, match="no credentials"):
        S3Store.connect("s3://city/map")


def test_who_may_read_a_bucket(server: str, bucket: str) -> None:
    store = store_in(server, bucket)
    assert store.is_public() is not True
    client_of(server).put_bucket_acl(Bucket=bucket, ACL="public-read")
    assert store.is_public() is True


def test_cors(server: str, bucket: str) -> None:
    store_in(server, bucket).allow_origins(["https://a.example", "https://b.example"])
    (rule,) = client_of(server).get_bucket_cors(Bucket=bucket)["CORSRules"]
    assert rule["AllowedOrigins"] == ["https://a.example", "https://b.example"]
    assert rule["AllowedMethods"] == ["GET", "HEAD"]
    assert "Range" in rule["AllowedHeaders"] and "Content-Range" in rule["ExposeHeaders"]


def test_a_plan_asks_only(tmp_path: Path, server: str, bucket: str) -> None:
    store = store_in(server, bucket)
    plan_publication(shipment(tmp_path / "1", 1), store, WISHES, DAY, judge=trusting)
    assert set(store.requests) == {"ListObjectsV2"}
